import {
  Circuits,
  DueTargets,
  handedOver,
  messageOf,
  outcomeOf,
  outcomeOfFailure,
  TargetSlots,
} from '@resonate/delivery';
import { backoffMs, Loop, type Service } from '@resonate/lifecycle';
import type { Runtime } from '@resonate/process';
import { rowOf, type Delivery, type DeliveryOutcome, type Queue } from '@resonate/store';
import { Busy, PushFailed, type PushTransport } from '@resonate/transports';
import { ClaimRenewal } from './claim-renewal.ts';
import { TargetScanner } from './target-scanner.ts';
import type { EnabledTransport } from './transports.ts';

/** An open circuit brings back by age what failed. If its process dies, such a message comes by itself. */
const LEFT_TO_CIRCUIT_MS = 30_000;

/**
 * Delivers the messages of one transport. Each target has its own slots, so that a slow or hanging one delays nobody
 * else; only what has a slot is claimed. What waits for a target that keeps failing is put off (`Circuits`).
 */
export class PushDelivery implements Service {
  readonly name: string;
  readonly #runtime: Runtime;
  readonly #transport: PushTransport;
  readonly #slots: TargetSlots;
  readonly #circuits: Circuits;
  readonly #loop: Loop;
  /** Puts off and brings back, beside the deliveries: with much to move it takes its time. */
  readonly #upkeep: Loop;
  readonly #toDefer = new Set<string>();
  /** Targets that are back, until what was put off for them is due again. */
  readonly #toResume = new Set<string>();
  #stopping = false;
  /** By what they carry. */
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #due = new DueTargets();
  readonly #scanner: TargetScanner;
  readonly #claims: ClaimRenewal;

  constructor(runtime: Runtime, { transport, concurrency, maxInFlight }: EnabledTransport) {
    const { config, logger, store } = runtime;
    const { backoffMinMs: minMs, backoffMaxMs: maxMs, circuitFailures: failures, pollIntervalMs } = config.messages;
    this.name = `${transport.name} delivery`;
    this.#runtime = runtime;
    this.#transport = transport;
    this.#slots = new TargetSlots(concurrency, maxInFlight);
    this.#circuits = new Circuits({ failures, minMs, maxMs });
    const loop = { pollIntervalMs, logger, clock: store.clock };
    this.#loop = new Loop({ ...loop, name: this.name, step: () => this.#drain() });
    this.#upkeep = new Loop({ ...loop, name: `${transport.name} circuits`, step: () => this.#keepUp() });
    this.#claims = new ClaimRenewal(runtime, transport.name);
    this.#scanner = new TargetScanner(runtime, transport.name, ({ target, dueAt }) => {
      // A busy target is known by its deliveries, a failing one by its circuit.
      const isNews = !this.#due.knows(target) && this.#slots.isIdle(target) && !this.#circuits.isOpen(target);
      this.#note(target, dueAt);
      return isNews && dueAt <= store.clock.now();
    });
    store.onHints(({ deliveries }) => {
      const due = deliveries.get(transport.name);
      if (due?.targets === null) this.#scanner.wakeAt(due.at);
      for (const [target, at] of due?.targets ?? []) this.#note(target, at);
    });
  }

  async start(): Promise<void> {
    await this.#upkeep.start();
    await this.#loop.start();
    await this.#scanner.start();
    await this.#claims.start();
  }

  /** Pushes under way are ended; what they carried is due again at once. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#scanner.stop();
    await this.#loop.stop();
    await this.#upkeep.stop();
    await this.#transport.close();
    await Promise.all(this.#underWay.values());
    await this.#claims.stop();
  }

  async #drain(): Promise<number | null> {
    const { config, store } = this.#runtime;
    const transport = this.#transport.name;
    if (config.debug && (await store.isPaused())) return null;
    const { targets, probes } = this.#wanted(store.clock.now());
    if (targets.length === 0) return this.#due.nextAt;
    const names = targets.map(({ target }) => target);
    // What is told of them from here on may be news.
    for (const name of names) this.#due.forget(name);
    try {
      const { executes, unblocks } = await store.claim({ transport, targets, preferred: [], graceMs: 0 });
      for (const unblock of unblocks) this.#push({ kind: 'unblock', ...unblock }, probes);
      for (const task of executes) this.#push({ kind: 'execute', task }, probes);
      const claimed = new Set([...executes, ...unblocks.map(({ listener }) => listener)].map(({ target }) => target));
      await this.#refresh(names, (name) => claimed.has(name));
    } catch (error) {
      for (const name of names) this.#due.note(name, 0);
      throw error;
    }
    return 0;
  }

  /** Asks the store when the next message for each target is due. @param isServed whether it just gave out messages. */
  async #refresh(names: readonly string[], isServed: (name: string) => boolean = () => true): Promise<void> {
    const { config, store } = this.#runtime;
    // Due, and yet not to be had: it is locked, or its promise is over and the scheduler has not come by.
    const again = store.clock.now() + config.messages.pollIntervalMs;
    for (const { target, dueAt } of await store.nextDue(this.#transport.name, names)) {
      this.#due.note(target, isServed(target) ? dueAt : Math.max(dueAt, again));
    }
  }

  /** What to claim for which target, and for which of them it is a probe. What must not go is put off. */
  #wanted(now: number) {
    const probes = new Set<string>();
    const targets: string[] = [];
    for (const [target, dueAt] of this.#due.due(now)) {
      // One without a free slot wakes the loop when it has one.
      if (this.#slots.free(target) === 0) continue;
      const advice = this.#circuits.advise(target, dueAt, now);
      if (advice === 'defer') {
        this.#due.forget(target);
        this.#toDefer.add(target);
      }
      if (advice === 'probe') probes.add(target);
      if (advice === 'deliver' || advice === 'probe') targets.push(target);
    }
    if (this.#toDefer.size > 0) this.#upkeep.wake();
    const shares = this.#slots.share(targets, this.#runtime.config.messages.batchSize);
    return { probes, targets: shares.map((share) => (probes.has(share.target) ? { ...share, limit: 1 } : share)) };
  }

  /** Puts off what waits for targets that keep failing, and brings back one message for each that is to be tried. */
  async #keepUp(): Promise<number | null> {
    const { config, store } = this.#runtime;
    const { backoffMaxMs } = config.messages;
    await this.#resume();
    for (const target of this.#toDefer) {
      if (this.#stopping) return null;
      this.#toDefer.delete(target);
      if (this.#circuits.isOpen(target)) {
        await store.defer(this.#queue(target), backoffMaxMs);
        this.#circuits.deferred(target);
      }
      this.#due.forget(target);
      await this.#refresh([target]);
      // It came back meanwhile, and what was brought back then may have been put off again.
      if (!this.#circuits.isOpen(target)) this.#toResume.add(target);
      await this.#resume();
    }
    for (const target of this.#circuits.takeProbes(store.clock.now())) {
      if (this.#stopping) return null;
      if ((await store.resume(this.#queue(target), backoffMaxMs, true)) > 0) this.#note(target, 0);
      else await this.#forgetIfIdle(target);
    }
    return this.#circuits.nextProbeAt;
  }

  /** For targets that are back: what was put off is due at once, oldest first. */
  async #resume(): Promise<void> {
    const { config, logger, store } = this.#runtime;
    for (const target of this.#toResume) {
      if (this.#stopping) return;
      if (!this.#circuits.isOpen(target)) {
        const messages = await store.resume(this.#queue(target), config.messages.backoffMaxMs);
        logger.info('a target is back', { target, messages });
        if (messages > 0) this.#note(target, 0);
      }
      this.#toResume.delete(target);
    }
  }

  /** Without a message there is no probe, and nothing would ever close the circuit. */
  async #forgetIfIdle(target: string): Promise<void> {
    if ((await this.#runtime.store.nextDeliveryAt(this.#transport.name, [target])) !== null) return;
    this.#circuits.succeeded(target);
    this.#showCircuits();
  }

  #queue(target: string): Queue {
    return { transport: this.#transport.name, target };
  }

  #note(target: string, at: number): void {
    this.#due.note(target, at);
    this.#loop.wakeAt(at);
  }

  #push(delivery: Delivery, probes: ReadonlySet<string>): void {
    const { target } = rowOf(delivery);
    const key = keyOf(delivery);
    // It takes longer than tasks.retry_timeout, and so was claimed again: one at a time.
    if (this.#underWay.has(key)) return;
    const isProbe = probes.has(target);
    if (isProbe) this.#circuits.probing(target);
    this.#slots.take(target);
    const push = this.#deliver(delivery, target, isProbe)
      .catch((error: unknown) => this.#runtime.logger.error('outcome of a push was not recorded', { error, target }))
      .finally(() => {
        this.#slots.release(target);
        this.#underWay.delete(key);
        this.#loop.wake();
      });
    this.#underWay.set(key, push);
  }

  async #deliver(delivery: Delivery, target: string, isProbe: boolean): Promise<void> {
    const { metrics, serverUrl } = this.#runtime;
    const { address } = rowOf(delivery);
    handedOver(this.#runtime, this.#transport.name, delivery);
    const message = messageOf(delivery, serverUrl);
    const push = this.#transport.push({ address, target, message, body: JSON.stringify(message) });
    const failure = await this.#kept(delivery, push).then(
      () => null,
      (error: Error) => error,
    );
    // A transport that was too busy says nothing about the target.
    if (!(failure instanceof Busy)) this.#slots.ended(target, !failure);
    metrics.deliveries.inc({ status: failure ? 'error' : 'success' });
    if (failure) {
      await this.#failed(delivery, failure, isProbe);
      return;
    }
    if (this.#circuits.succeeded(target)) {
      this.#showCircuits();
      this.#toResume.add(target);
      this.#upkeep.wake();
    }
    await this.#record(target, outcomeOf(delivery, null));
  }

  #kept(delivery: Delivery, push: Promise<void>): Promise<void> {
    if (delivery.kind === 'execute') return push;
    return this.#claims.during(delivery.listener, this.#runtime.store.clock.now(), push);
  }

  async #failed(delivery: Delivery, failure: Error, isProbe: boolean): Promise<void> {
    const { config, logger, store } = this.#runtime;
    const { backoffMinMs: minMs, backoffMaxMs: maxMs, maxAttempts } = config.messages;
    const { attempts, target } = rowOf(delivery);
    if (this.#stopping) {
      // Ended by our own shutdown: no fault of the target's.
      await this.#record(target, outcomeOf(delivery, await store.now()));
      return;
    }
    // Not the address: webhooks' URLs carry tokens.
    logger.warn('push failed', { target, promise: promiseOf(delivery), kind: delivery.kind, error: failure.message });
    if (failure instanceof Busy) {
      if (isProbe) this.#circuits.notTried(target);
      await this.#record(target, outcomeOf(delivery, (await store.now()) + backoffMs(1, { minMs, maxMs })));
      return;
    }
    const wasOpen = this.#circuits.isOpen(target);
    const isOpen = this.#circuits.failed(target, isProbe, store.clock.now());
    this.#showCircuits();
    if (isOpen && (isProbe || !wasOpen)) {
      // Also when nothing is due: from then on, what is due again is known to have been brought back.
      this.#toDefer.add(target);
      this.#upkeep.wake();
    }
    const askedMs = failure instanceof PushFailed ? (failure.retryAfterMs ?? 0) : 0;
    const ownMs = Math.max(backoffMs(attempts, { minMs, maxMs }), Math.min(askedMs, maxMs));
    const againAt = (await store.now()) + (isOpen ? Math.max(ownMs, Math.min(maxMs, LEFT_TO_CIRCUIT_MS)) : ownMs);
    await this.#record(target, outcomeOfFailure(delivery, { againAt, error: failure.message, maxAttempts }));
  }

  async #record(target: string, outcome: DeliveryOutcome | null): Promise<void> {
    const { logger, metrics, store } = this.#runtime;
    if (!outcome) return;
    await store.acknowledge([outcome]);
    if ('dueAt' in outcome) this.#note(target, outcome.dueAt);
    if (!('diedOf' in outcome)) return;
    const { awaited, diedOf } = outcome;
    metrics.deaths.inc({ transport: this.#transport.name, reason: 'attempts' });
    logger.warn('an unblock became a dead letter', { promise: awaited, target, error: diedOf });
  }

  #showCircuits(): void {
    this.#runtime.metrics.circuitsOpen.set({ transport: this.#transport.name }, this.#circuits.open);
  }
}

function promiseOf(delivery: Delivery): string {
  return delivery.kind === 'execute' ? delivery.task.id : delivery.listener.awaited;
}

function keyOf(delivery: Delivery): string {
  if (delivery.kind === 'execute') return JSON.stringify([delivery.task.id, delivery.task.version]);
  return JSON.stringify([delivery.listener.awaited, delivery.listener.address]);
}
