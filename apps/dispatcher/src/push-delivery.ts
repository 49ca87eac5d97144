import { messageOf, outcomeOf, type Runtime } from '@resonate/runtime';
import { Loop, type Service } from '@resonate/service';
import type { Delivery } from '@resonate/store';
import { backoffMs, type PushTransport } from '@resonate/transports';
import { TargetSlots } from './target-slots.ts';
import type { EnabledTransport } from './transports.ts';

/** Targets looked at in one step; where there are more, the next step goes on with those beyond. */
const PAGE = 1_000;

/**
 * Delivers the messages of one transport. Each target has its own slots, so that a slow or hanging one delays nobody
 * else; only what has a slot is claimed.
 */
export class PushDelivery implements Service {
  readonly name: string;
  readonly #runtime: Runtime;
  readonly #transport: PushTransport;
  readonly #slots: TargetSlots;
  readonly #loop: Loop;
  #stopping = false;
  /** By what they carry. */
  readonly #underWay = new Map<string, Promise<void>>();
  /** The last target that was looked at; empty: a round through all of them begins. */
  #after = '';
  /** When there is more to do, as far as this round has seen. */
  #nextAt = Infinity;

  constructor(runtime: Runtime, { transport, concurrency, maxInFlight }: EnabledTransport) {
    const { config, logger, store } = runtime;
    this.name = `${transport.name} delivery`;
    this.#runtime = runtime;
    this.#transport = transport;
    this.#slots = new TargetSlots(concurrency, maxInFlight);
    this.#loop = new Loop({
      name: this.name,
      pollIntervalMs: config.messages.pollIntervalMs,
      logger,
      clock: store.clock,
      step: () => this.#drain(),
    });
    store.onHints(({ deliveries }) => {
      const at = deliveries.get(transport.name);
      if (at !== undefined) this.#wakeAt(at);
    });
  }

  start(): Promise<void> {
    return this.#loop.start();
  }

  /** Pushes under way are ended; what they carried is due again at once. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    this.#stopping = true;
    await this.#transport.close();
    await Promise.all(this.#underWay.values());
  }

  async #drain(): Promise<number | null> {
    const { config, store } = this.#runtime;
    const transport = this.#transport.name;
    if (config.debug && (await store.isPaused())) return null;
    if (this.#after === '') this.#nextAt = Infinity;
    const waiting = await store.waitingTargets(transport, PAGE, this.#after);
    const now = await store.now();
    const due = waiting.filter(({ dueAt }) => dueAt <= now);
    const targets = this.#slots.share(
      due.map(({ target }) => target),
      config.messages.batchSize,
    );
    if (targets.length > 0) {
      const { executes, unblocks } = await store.claim({ transport, targets, preferred: [], graceMs: 0 });
      for (const unblock of unblocks) this.#push({ kind: 'unblock', ...unblock });
      for (const task of executes) this.#push({ kind: 'execute', task });
      if (executes.length + unblocks.length >= config.messages.batchSize) this.#nextAt = 0;
    }
    // A target without a free slot wakes the loop when it has one.
    const later = waiting.filter(({ target, dueAt }) => dueAt > now && this.#slots.free(target) > 0);
    this.#nextAt = Math.min(this.#nextAt, ...later.map(({ dueAt }) => dueAt));
    this.#after = waiting.length === PAGE ? (waiting.at(-1)?.target ?? '') : '';
    if (this.#after !== '') return 0;
    return this.#nextAt === Infinity ? null : this.#nextAt;
  }

  /** Remembered too: the round under way may have passed what is due then. */
  #wakeAt(at: number): void {
    this.#nextAt = Math.min(this.#nextAt, at);
    this.#loop.wakeAt(at);
  }

  #push(delivery: Delivery): void {
    const { target } = delivery.kind === 'execute' ? delivery.task : delivery.listener;
    const key = keyOf(delivery);
    // It takes longer than tasks.retry_timeout, and so was claimed again: one at a time.
    if (this.#underWay.has(key)) return;
    this.#slots.take(target);
    const push = this.#deliver(delivery)
      .catch((error: unknown) => this.#runtime.logger.error('outcome of a push was not recorded', { error, target }))
      .finally(() => {
        this.#slots.release(target);
        this.#underWay.delete(key);
        this.#wakeAt(0);
      });
    this.#underWay.set(key, push);
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { logger, metrics, serverUrl, store } = this.#runtime;
    const { address } = delivery.kind === 'execute' ? delivery.task : delivery.listener;
    metrics.messages.inc({ kind: delivery.kind });
    const message = messageOf(delivery, serverUrl);
    const failure = await this.#transport.push({ address, message, body: JSON.stringify(message) }).then(
      () => null,
      (error: Error) => error,
    );
    metrics.deliveries.inc({ status: failure ? 'error' : 'success' });
    if (failure) {
      logger.warn('push failed', { address, kind: delivery.kind, error: failure.message });
    }
    const outcome = outcomeOf(delivery, failure ? await this.#againAt(delivery) : null);
    if (outcome) await store.acknowledge([outcome]);
  }

  /** When a message that failed is due again. */
  async #againAt(delivery: Delivery): Promise<number> {
    const { config, store } = this.#runtime;
    const { backoffMinMs: minMs, backoffMaxMs: maxMs } = config.messages;
    const { attempts } = delivery.kind === 'execute' ? delivery.task : delivery.listener;
    // Ended by our own shutdown: no fault of the target's.
    return (await store.now()) + (this.#stopping ? 0 : backoffMs(attempts, { minMs, maxMs }));
  }
}

function keyOf(delivery: Delivery): string {
  if (delivery.kind === 'execute') return JSON.stringify([delivery.task.id, delivery.task.version]);
  return JSON.stringify([delivery.listener.awaited, delivery.listener.address]);
}
