import { Circuits, type Advice, type Failed } from '@resonate/delivery';
import { Loop, type Service } from '@resonate/lifecycle';
import type { FailingTarget, RuntimeWith } from '@resonate/process';
import type { PushTransport } from '@resonate/transports';
import type { WaitingTargets } from './waiting-targets.ts';

type Context = RuntimeWith<'config' | 'logger' | 'metrics', 'clock' | 'queues'>;

/**
 * The circuit breakers of one transport's targets (`Circuits`). While a circuit is open, the messages for its target
 * are deferred in the store. When it closes, they are resumed. This has its own loop, because deferring many messages
 * takes time, and deliveries to other targets must not wait for it.
 */
export class FailingTargets implements Service {
  readonly name: string;
  readonly #runtime: Context;
  readonly #transport: PushTransport['name'];
  readonly #waiting: WaitingTargets;
  readonly #circuits: Circuits;
  readonly #loop: Loop;
  readonly #toDefer = new Set<string>();
  /** Targets that work again, but whose deferred messages have not been resumed yet. */
  readonly #toResume = new Set<string>();
  #stopping = false;

  constructor(runtime: Context, transport: PushTransport['name'], waiting: WaitingTargets) {
    const { config, logger, store } = runtime;
    const { backoffMinMs: minMs, backoffMaxMs: maxMs, circuitFailures: failures, pollIntervalMs } = config.messages;
    this.name = `${transport} circuits`;
    this.#runtime = runtime;
    this.#transport = transport;
    this.#waiting = waiting;
    this.#circuits = new Circuits({ failures, minMs, maxMs });
    this.#loop = new Loop({ name: this.name, pollIntervalMs, logger, clock: store.clock, step: () => this.#step() });
  }

  start(): Promise<void> {
    return this.#loop.start();
  }

  /**
   * Does not wait until everything is deferred, because this process's deferred messages are released when it stops.
   */
  stop(): Promise<void> {
    this.#stopping = true;
    return this.#loop.stop();
  }

  isOpen(target: string): boolean {
    return this.#circuits.isOpen(target);
  }

  /**
   * What to do with the messages of a target. If the advice is `defer`, this also starts the deferral. @param dueAt
   * when the first message became due.
   */
  advise(target: string, dueAt: number, now: number): Advice {
    const advice = this.#circuits.advise(target, dueAt, now);
    if (advice === 'defer') this.#defer(target);
    return advice;
  }

  /** Call it when a probe is being delivered. */
  probing(target: string): void {
    this.#circuits.probing(target);
  }

  /** Call it if the probe was not attempted for a reason unrelated to the target. */
  notTried(target: string): void {
    this.#circuits.notTried(target);
  }

  /** The targets that failed most recently, latest first. @param most the maximum number. */
  failing(most: number): FailingTarget[] {
    return this.#circuits
      .failing(most)
      .map(({ last, ...circuit }) => ({ transport: this.#transport, ...circuit, ...last }));
  }

  /** @returns whether the circuit is open now. */
  failed(target: string, isProbe: boolean, failure: Failed): boolean {
    const wasOpen = this.#circuits.isOpen(target);
    const isOpen = this.#circuits.failed(target, isProbe, this.#runtime.store.clock.now(), failure);
    this.#showOpen();
    // Defer even if nothing is due. Only after a deferral can `advise` tell that another process resumed the target's
    // messages: then a message is due again that became due before the circuit opened.
    if (isOpen && (isProbe || !wasOpen)) this.#defer(target);
    return isOpen;
  }

  succeeded(target: string): void {
    if (!this.#circuits.succeeded(target)) return;
    this.#showOpen();
    this.#toResume.add(target);
    this.#loop.wake();
  }

  #defer(target: string): void {
    this.#toDefer.add(target);
    this.#loop.wake();
  }

  /** Defers the messages of failing targets, and makes one due for each target whose probe is due. */
  async #step(): Promise<number | null> {
    const { config, store } = this.#runtime;
    const { backoffMaxMs } = config.messages;
    await this.#resume();
    for (const target of this.#toDefer) {
      if (this.#stopping) return null;
      // Delete before the deferral, so that a target that must be deferred again meanwhile is kept.
      this.#toDefer.delete(target);
      try {
        await this.#deferNow(target);
      } catch (error) {
        this.#toDefer.add(target);
        throw error;
      }
      // If the circuit closed during the deferral, messages that were just resumed may have been deferred again.
      if (!this.#circuits.isOpen(target)) this.#toResume.add(target);
      await this.#resume();
    }
    for (const target of this.#circuits.dueProbes(store.clock.now())) {
      if (this.#stopping) return null;
      const resumed = await store.queues.resumeOne({ transport: this.#transport, target }, backoffMaxMs);
      this.#circuits.probeResumed(target, store.clock.now());
      if (resumed > 0) this.#waiting.note(target, 0);
      else await this.#closeIfIdle(target);
    }
    return this.#circuits.nextProbeAt;
  }

  async #deferNow(target: string): Promise<void> {
    const { config, store } = this.#runtime;
    if (this.#circuits.isOpen(target)) {
      await store.queues.defer({ transport: this.#transport, target }, config.messages.backoffMaxMs);
      this.#circuits.deferred(target);
    }
    this.#waiting.forget(target);
    await this.#waiting.refresh(target);
  }

  /** Makes the deferred messages of targets that work again due at once, oldest first. */
  async #resume(): Promise<void> {
    const { config, logger, store } = this.#runtime;
    for (const target of this.#toResume) {
      if (this.#stopping) return;
      if (!this.#circuits.isOpen(target)) {
        const messages = await store.queues.resume(
          { transport: this.#transport, target },
          config.messages.backoffMaxMs,
        );
        logger.info('a target works again', { target, messages });
        if (messages > 0) this.#waiting.note(target, 0);
      }
      this.#toResume.delete(target);
    }
  }

  /**
   * Closes the circuit of a target without messages. Without a message there is no probe, so it would stay open
   * forever.
   */
  async #closeIfIdle(target: string): Promise<void> {
    if ((await this.#runtime.store.queues.nextDueAt(this.#transport, [target])) !== null) return;
    this.#circuits.succeeded(target);
    this.#showOpen();
  }

  #showOpen(): void {
    this.#runtime.metrics.circuitsOpen.set({ transport: this.#transport }, this.#circuits.open);
  }
}
