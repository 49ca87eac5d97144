import { servedTargets, TargetBytes, TargetSlots } from '@resonate/delivery';
import { Loop, type Service } from '@resonate/lifecycle';
import type { FailingTarget, RuntimeWith } from '@resonate/process';
import { rowOf, type Delivery } from '@resonate/store';
import type { PushTransport } from '@resonate/transports';
import { FailingTargets } from './failing-targets.ts';
import { Pusher } from './pusher.ts';
import type { EnabledTransport } from './transports.ts';
import { WaitingTargets } from './waiting-targets.ts';

type Context = RuntimeWith<
  'config' | 'logger' | 'metrics' | 'serverUrl',
  'clock' | 'debug' | 'hints' | 'isShared' | 'now' | 'outbox' | 'queues'
>;

/**
 * The limit for bytes of promises in running pushes, which the targets share (`TargetBytes`). At the limit only small
 * messages are claimed. Each message is in memory as a row and as text until it is delivered, so without a limit a target
 * that hangs could fill the memory.
 */
const MAX_BYTES_UNDER_WAY = 32 << 20;

/**
 * How many targets compete for the free slots, as a multiple of `messages.batch_size`. If all due targets did, each slot
 * that becomes free would cost time in proportion to their number, because `TargetSlots.share` sorts them.
 */
const CANDIDATES_PER_MESSAGE = 4;

/**
 * Delivers the messages of one transport: claims due messages for targets that have a free slot, and pushes them. Each
 * target has its own slots and its share of memory, so a target that is slow or hangs does not delay the others.
 */
export class PushDelivery implements Service {
  readonly name: string;
  readonly #runtime: Context;
  readonly #transport: PushTransport['name'];
  readonly #slots: TargetSlots;
  readonly #bytes = new TargetBytes(MAX_BYTES_UNDER_WAY);
  readonly #waiting: WaitingTargets;
  readonly #failing: FailingTargets;
  readonly #pusher: Pusher;
  readonly #loop: Loop;

  constructor(runtime: Context, { transport, concurrency, maxInFlight }: EnabledTransport) {
    const { config, logger, store } = runtime;
    this.name = `${transport.name} delivery`;
    this.#runtime = runtime;
    this.#transport = transport.name;
    this.#slots = new TargetSlots(concurrency, maxInFlight);
    this.#waiting = new WaitingTargets(runtime, transport.name, {
      due: (at) => this.#loop.wakeAt(at),
      isBusy: (target) => !this.#slots.isIdle(target) || this.#failing.isOpen(target),
    });
    this.#failing = new FailingTargets(runtime, transport.name, this.#waiting);
    this.#pusher = new Pusher(runtime, transport, this.#failing, {
      ended: (target, isSuccess) => this.#slots.ended(target, isSuccess),
      dueAgain: (target, at) => this.#waiting.note(target, at),
    });
    const { pollIntervalMs } = config.messages;
    this.#loop = new Loop({ name: this.name, pollIntervalMs, logger, clock: store.clock, step: () => this.#step() });
  }

  async start(): Promise<void> {
    await this.#failing.start();
    await this.#loop.start();
    await this.#waiting.start();
    await this.#pusher.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#waiting.stop(), this.#loop.stop(), this.#failing.stop()]);
    await this.#pusher.stop();
  }

  /** The targets that failed most recently, latest first. @param most the maximum number. */
  failing(most: number): FailingTarget[] {
    return this.#failing.failing(most);
  }

  async #step(): Promise<number | null> {
    const { config, store } = this.#runtime;
    if (config.debug && (await store.debug.isPaused())) return null;
    const { targets, probes } = this.#toClaim(store.clock.now());
    if (targets.length === 0) return this.#waiting.nextAt;
    const names = targets.map(({ target }) => target);
    // Forget before the claim, so that a hint that arrives during the claim is kept.
    for (const name of names) this.#waiting.forget(name);
    try {
      const claimed = await store.outbox.claim({
        ...{ transport: this.#transport, targets, preferred: [], graceMs: 0, maxBytes: this.#bytes.left },
        admission: () => this.#bytes.admission((target) => this.#slots.isProven(target)),
      });
      for (const { bytes, ...unblock } of claimed.unblocks) this.#push({ kind: 'unblock', ...unblock }, probes, bytes);
      for (const task of claimed.executes) this.#push({ kind: 'execute', task }, probes, 0);
      const served = servedTargets(claimed);
      this.#waiting.learn(claimed.next, (name) => served.has(name));
    } catch (error) {
      for (const name of names) this.#waiting.note(name, 0);
      throw error;
    }
    return 0;
  }

  /** How many messages to claim for each target, and which targets get a probe. */
  #toClaim(now: number) {
    const { batchSize } = this.#runtime.config.messages;
    const probes = new Set<string>();
    const targets: string[] = [];
    const due = this.#waiting.inTurn(now);
    // The loop is woken when a slot becomes free.
    if (this.#slots.isFull) return { probes, targets: [] };
    for (const [target, dueAt] of due) {
      // The loop is woken when a slot of the target becomes free.
      if (this.#slots.free(target) === 0) continue;
      const advice = this.#failing.advise(target, dueAt, now);
      if (advice === 'defer') this.#waiting.forget(target);
      if (advice === 'probe') probes.add(target);
      if (advice === 'deliver' || advice === 'probe') targets.push(target);
      if (targets.length >= CANDIDATES_PER_MESSAGE * batchSize) break;
    }
    const shares = this.#slots.share(targets, batchSize);
    return { probes, targets: shares.map((share) => (probes.has(share.target) ? { ...share, limit: 1 } : share)) };
  }

  #push(delivery: Delivery, probes: ReadonlySet<string>, bytes: number): void {
    const { target } = rowOf(delivery);
    const push = this.#pusher.push(delivery, probes.has(target));
    if (!push) return;
    this.#slots.take(target);
    this.#bytes.hold(target, bytes);
    void push.finally(() => {
      this.#slots.release(target);
      this.#bytes.release(target, bytes);
      this.#loop.wake();
    });
  }
}
