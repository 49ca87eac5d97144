import { setTimeout as delay } from 'node:timers/promises';
import { handedOver, messageOf, outcomeOf, outcomeOfFailure } from '@resonate/delivery';
import { backoffMs, type Service } from '@resonate/lifecycle';
import type { RuntimeWith } from '@resonate/process';
import { rowOf, type Delivery, type DeliveryOutcome } from '@resonate/store';
import { Busy, PushFailed, type PushTransport } from '@resonate/transports';
import { ClaimRenewal } from './claim-renewal.ts';
import type { FailingTargets } from './failing-targets.ts';

type Context = RuntimeWith<'config' | 'logger' | 'metrics' | 'serverUrl', 'clock' | 'now' | 'outbox'>;

/**
 * The minimum backoff of a failed message while its target's circuit is open. When the circuit closes, the message is
 * resumed together with the deferred ones, in order of age. If this process dies first, the message becomes due after
 * the backoff.
 */
const OPEN_CIRCUIT_BACKOFF_MS = 30_000;

/** A stop waits for running pushes for this share of server.shutdown_timeout, but at most for `mostMs`. */
const STOP_GRACE = { share: 0.2, mostMs: 2_000 };

interface Events {
  /** Called when a push has ended, before its outcome is recorded. Not called if the transport was busy. */
  ended(target: string, isSuccess: boolean): void;
  /** Called when a message that failed is due again at `at`, epoch ms. */
  dueAgain(target: string, at: number): void;
}

/** Pushes claimed messages over one transport, and records the outcomes. */
export class Pusher implements Service {
  readonly name: string;
  readonly #runtime: Context;
  readonly #transport: PushTransport;
  readonly #failing: FailingTargets;
  readonly #events: Events;
  readonly #claims: ClaimRenewal;
  readonly #underWay = new Map<string, Promise<void>>();
  #stopping = false;

  constructor(runtime: Context, transport: PushTransport, failing: FailingTargets, events: Events) {
    this.name = `${transport.name} pushes`;
    this.#runtime = runtime;
    this.#transport = transport;
    this.#failing = failing;
    this.#events = events;
    this.#claims = new ClaimRenewal(runtime, transport.name);
  }

  start(): Promise<void> {
    return this.#claims.start();
  }

  /**
   * First waits a short time for running pushes: a target that has the message may be about to answer, and an aborted
   * push is sent again. Then aborts the others. Their messages are due again at once.
   */
  async stop(): Promise<void> {
    const graceMs = Math.min(STOP_GRACE.mostMs, STOP_GRACE.share * this.#runtime.config.server.shutdownTimeoutMs);
    await Promise.race([Promise.all(this.#underWay.values()), delay(graceMs, undefined, { ref: false })]);
    this.#stopping = true;
    await this.#transport.close();
    await Promise.all(this.#underWay.values());
    await this.#claims.stop();
  }

  /**
   * @returns null if this message is already being pushed: that push takes longer than tasks.retry_timeout, so the
   * message was claimed again. Otherwise a promise that resolves when the outcome is recorded. It never rejects.
   */
  push(delivery: Delivery, isProbe: boolean): Promise<void> | null {
    const { target } = rowOf(delivery);
    const key = keyOf(delivery);
    if (this.#underWay.has(key)) return null;
    if (isProbe) this.#failing.probing(target);
    const push = this.#deliver(delivery, target, isProbe)
      .catch((error: unknown) => this.#runtime.logger.error('outcome of a push was not recorded', { error, target }))
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, push);
    return push;
  }

  async #deliver(delivery: Delivery, target: string, isProbe: boolean): Promise<void> {
    const { metrics, serverUrl } = this.#runtime;
    const { address } = rowOf(delivery);
    handedOver(this.#runtime, this.#transport.name, delivery);
    const message = messageOf(delivery, serverUrl);
    const push = this.#transport.push({ address, target, message, body: JSON.stringify(message) });
    const failure = await this.#claims.during(delivery, push).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
    if (!(failure instanceof Busy)) this.#events.ended(target, !failure);
    if (failure) {
      await this.#failed(delivery, failure, isProbe);
      return;
    }
    metrics.deliveries.inc({ status: 'success' });
    this.#failing.succeeded(target);
    await this.#record(target, outcomeOf(delivery, null));
  }

  async #failed(delivery: Delivery, failure: Error, isProbe: boolean): Promise<void> {
    const { config, logger, metrics, store } = this.#runtime;
    const { backoffMinMs: minMs, backoffMaxMs: maxMs, maxAttempts } = config.messages;
    const { attempts, target } = rowOf(delivery);
    if (this.#stopping) {
      // The shutdown of this process ended the push, so this does not count as a failure of the target.
      await this.#record(target, outcomeOf(delivery, await store.now()));
      return;
    }
    // Do not log the address, because URLs of webhooks contain tokens.
    logger.warn('push failed', { target, promise: promiseOf(delivery), kind: delivery.kind, error: failure.message });
    if (failure instanceof Busy) {
      // The transport was busy, so this does not count as a failure of the target.
      if (isProbe) this.#failing.notTried(target);
      await this.#record(target, outcomeOf(delivery, (await store.now()) + backoffMs(1, { minMs, maxMs })));
      return;
    }
    metrics.deliveries.inc({ status: 'error' });
    const askedMs = failure instanceof PushFailed ? (failure.retryAfterMs ?? 0) : 0;
    const isOpen = this.#failing.failed(target, isProbe, {
      askedMs,
      error: failure.message,
      promise: promiseOf(delivery),
    });
    const ownMs = Math.max(backoffMs(attempts, { minMs, maxMs }), Math.min(askedMs, maxMs));
    const againAt = (await store.now()) + (isOpen ? Math.max(ownMs, Math.min(maxMs, OPEN_CIRCUIT_BACKOFF_MS)) : ownMs);
    await this.#record(target, outcomeOfFailure(delivery, { againAt, error: failure.message, maxAttempts }));
  }

  async #record(target: string, outcome: DeliveryOutcome | null): Promise<void> {
    const { logger, metrics, store } = this.#runtime;
    if (!outcome) return;
    await store.outbox.acknowledge([outcome]);
    if ('dueAt' in outcome) this.#events.dueAgain(target, outcome.dueAt);
    if (!('deadLetterError' in outcome)) return;
    const { awaited, deadLetterError } = outcome;
    metrics.newDeadLetters.inc({ transport: this.#transport.name, reason: 'attempts' });
    logger.warn('an unblock became a dead letter', { promise: awaited, target, error: deadLetterError });
  }
}

function promiseOf(delivery: Delivery): string {
  return delivery.kind === 'execute' ? delivery.task.id : delivery.listener.awaited;
}

function keyOf(delivery: Delivery): string {
  if (delivery.kind === 'execute') return JSON.stringify([delivery.task.id, delivery.task.version]);
  return JSON.stringify([delivery.listener.awaited, delivery.listener.address]);
}
