import { messageOf, type Runtime } from '@resonate/runtime';
import { Loop, type Service } from '@resonate/service';
import type { Delivery, Outcome } from '@resonate/store';
import { backoffMs, type HttpPush } from '@resonate/transports';
import { TargetSlots } from './target-slots.ts';

/** Targets looked at in one round; those beyond get their turn when earlier ones are done. */
const MAX_TARGETS = 1_000;

/**
 * Delivers `http://` and `https://` messages. Each target has its own slots, so that a slow or hanging one delays
 * nobody else; only what has a slot is claimed.
 */
export class PushDelivery implements Service {
  readonly name = 'http-push';
  readonly #runtime: Runtime;
  readonly #transport: HttpPush;
  readonly #slots: TargetSlots;
  readonly #loop: Loop;
  #stopping = false;
  readonly #underWay = new Set<Promise<void>>();

  constructor(runtime: Runtime, transport: HttpPush) {
    const { config, logger, store } = runtime;
    this.#runtime = runtime;
    this.#transport = transport;
    this.#slots = new TargetSlots(config.transports.httpPush.concurrency, config.transports.httpPush.maxInFlight);
    this.#loop = new Loop({
      name: this.name,
      pollIntervalMs: config.messages.pollIntervalMs,
      logger,
      clock: store.clock,
      step: () => this.#drain(),
    });
    store.onHints(({ deliveries }) => {
      const at = deliveries.get('http');
      if (at !== undefined) this.#loop.wakeAt(at);
    });
  }

  async start(): Promise<void> {
    if (this.#runtime.config.transports.httpPush.enabled) await this.#loop.start();
  }

  /** Pushes under way are ended; what they carried is due again at once. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    this.#stopping = true;
    await this.#transport.close();
    await Promise.all(this.#underWay);
  }

  async #drain(): Promise<number | null> {
    const { config, store } = this.#runtime;
    if (config.debug && (await store.isPaused())) return null;
    const waiting = await store.waitingTargets('http', MAX_TARGETS);
    const now = await store.now();
    const due = waiting.filter(({ dueAt }) => dueAt <= now);
    const targets = this.#slots.share(
      due.map(({ target }) => target),
      config.messages.batchSize,
    );
    if (targets.length > 0) {
      const { executes, unblocks } = await store.claim({ transport: 'http', targets, preferred: [], graceMs: 0 });
      for (const unblock of unblocks) this.#push({ kind: 'unblock', ...unblock });
      for (const task of executes) this.#push({ kind: 'execute', task });
      if (executes.length + unblocks.length >= config.messages.batchSize) return 0;
    }
    // A target without a free slot wakes the loop when it has one.
    const later = waiting.filter(({ target, dueAt }) => dueAt > now && this.#slots.free(target) > 0);
    return later.length > 0 ? Math.min(...later.map(({ dueAt }) => dueAt)) : null;
  }

  #push(delivery: Delivery): void {
    const { target } = delivery.kind === 'execute' ? delivery.task : delivery.listener;
    this.#slots.take(target);
    const push = this.#deliver(delivery)
      .catch((error: unknown) => this.#runtime.logger.error('outcome of a push was not recorded', { error, target }))
      .finally(() => {
        this.#slots.release(target);
        this.#underWay.delete(push);
        this.#loop.wake();
      });
    this.#underWay.add(push);
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { logger, metrics, serverUrl, store } = this.#runtime;
    const { address } = delivery.kind === 'execute' ? delivery.task : delivery.listener;
    metrics.messages.inc({ kind: delivery.kind });
    const body = JSON.stringify(messageOf(delivery, serverUrl));
    const failure = await this.#transport.push(address, body).then(
      () => null,
      (error: Error) => error,
    );
    metrics.deliveries.inc({ status: failure ? 'error' : 'success' });
    if (failure) {
      logger.warn('push failed', { address, kind: delivery.kind, error: failure.message });
      await store.acknowledge([await this.#failed(delivery)]);
    } else if (delivery.kind === 'unblock') {
      await store.acknowledge([taken(delivery)]);
    }
  }

  async #failed(delivery: Delivery): Promise<Outcome> {
    const { config, store } = this.#runtime;
    const { backoffMinMs: minMs, backoffMaxMs: maxMs } = config.messages;
    const attempt = delivery.kind === 'execute' ? delivery.task.attempts : delivery.listener.attempts;
    // Ended by our own shutdown: no fault of the target's.
    const waitMs = this.#stopping ? 0 : backoffMs(attempt, { minMs, maxMs });
    const dueAt = (await store.now()) + waitMs;
    if (delivery.kind === 'execute') {
      const { id, version } = delivery.task;
      return { kind: 'execute', id, version, delivered: false, dueAt };
    }
    const { awaited, address } = delivery.listener;
    return { kind: 'unblock', awaited, address, delivered: false, dueAt };
  }
}

function taken({ listener }: Extract<Delivery, { kind: 'unblock' }>): Outcome {
  return { kind: 'unblock', awaited: listener.awaited, address: listener.address, delivered: true };
}
