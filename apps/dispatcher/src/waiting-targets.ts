import { DueTargets, nextCheckAt } from '@resonate/delivery';
import type { Service } from '@resonate/lifecycle';
import type { RuntimeWith } from '@resonate/process';
import type { WaitingTarget } from '@resonate/store';
import type { PushTransport } from '@resonate/transports';
import { TargetScanner } from './target-scanner.ts';

type Context = RuntimeWith<'config' | 'logger', 'clock' | 'hints' | 'isShared' | 'queues'>;

interface Events {
  /** Called when a message is due at `at`, epoch ms. `at` may be in the past. */
  due(at: number): void;
  /** True if this process is delivering to the target. It then finds the target's messages without a hint. */
  isBusy(target: string): boolean;
}

/**
 * The targets that have messages, with the due time of the first message of each. They are learned from hints and from
 * the scanner.
 */
export class WaitingTargets implements Service {
  readonly name: string;
  readonly #runtime: Context;
  readonly #transport: PushTransport['name'];
  readonly #events: Events;
  readonly #due = new DueTargets();
  readonly #scanner: TargetScanner;

  constructor(runtime: Context, transport: PushTransport['name'], events: Events) {
    const { store } = runtime;
    this.name = `${transport} targets`;
    this.#runtime = runtime;
    this.#transport = transport;
    this.#events = events;
    this.#scanner = new TargetScanner(runtime, transport, ({ target, dueAt }) => {
      const isUnannounced = !this.#due.knows(target) && !events.isBusy(target);
      this.note(target, dueAt);
      return isUnannounced && dueAt <= store.clock.now();
    });
    store.hints.onHint(({ deliveries }) => {
      const due = deliveries.get(transport);
      if (due?.targets === null) this.#scanner.wakeAt(due.at);
      for (const [target, at] of due?.targets ?? []) this.note(target, at);
    });
  }

  start(): Promise<void> {
    return this.#scanner.start();
  }

  stop(): Promise<void> {
    return this.#scanner.stop();
  }

  /** The targets with a due message, and its due time, from where the last call ended (`DueTargets.inTurn`). */
  inTurn(now: number): Iterable<[string, number]> {
    return this.#due.inTurn(now);
  }

  /** The earliest time at which a message that is not due yet may become due; null if none is known. */
  get nextAt(): number | null {
    return this.#due.nextAt;
  }

  note(target: string, at: number): void {
    this.#due.note(target, at);
    this.#events.due(at);
  }

  /** Forgets the due time of the target, until a hint or the scanner sets it again. */
  forget(target: string): void {
    this.#due.forget(target);
  }

  /** Reads from the store when the next message for the target is due. */
  async refresh(target: string): Promise<void> {
    this.learn(await this.#runtime.store.queues.nextDue(this.#transport, [target]));
  }

  /**
   * Learns when the next message for each of these targets is due.
   * @param isServed true if a claim just returned messages for the target.
   */
  learn(next: readonly WaitingTarget[], isServed: (name: string) => boolean = () => true): void {
    const { config, store } = this.#runtime;
    const { pollIntervalMs } = config.messages;
    const now = store.clock.now();
    for (const { target, dueAt } of next) {
      this.#due.note(target, nextCheckAt(dueAt, { now, isServed: isServed(target), graceMs: 0, pollIntervalMs }));
    }
  }
}
