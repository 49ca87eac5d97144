import {
  beginAttempt,
  handedOver,
  nextCheckAt,
  ScanInterval,
  outcomeOf,
  servedTargets,
  traceDelivery,
} from '@resonate/delivery';
import { Loop, type Service } from '@resonate/lifecycle';
import { scanEveryMs, type RuntimeWith } from '@resonate/process';
import { rowOf, type Claimed, type Delivery, type DeliveryOutcome, type Receiver, type Slot } from '@resonate/store';
import type { StreamHub, StreamSlot } from '@resonate/transports';
import { LastWorkers } from './last-workers.ts';
import { MessageTexts, type MessageText } from './message-texts.ts';
import { PollTargets } from './poll-targets.ts';

type Context = RuntimeWith<
  'config' | 'logger' | 'metrics' | 'serverUrl' | 'tracing',
  'attachReceiver' | 'clock' | 'debug' | 'execute' | 'hints' | 'isShared' | 'outbox' | 'queues'
>;

/** The maximum number of targets in one claim or one scan. The next claim or scan continues with the others. */
const MAX_TARGETS = 1_000;
/** The maximum number of messages in one claim, because they are in memory together. The next one follows at once. */
const MAX_MESSAGES = 1_000;

/** How long a message waits for the connection that it prefers. Another process may hold that connection. */
const PREFERENCE_GRACE_MS = 100;

/** When to try a message again if the streams have no room for its bytes. */
const UNTIL_IT_FITS_MS = 1_000;

/** Deliveries within this time are recorded together. A message that was not delivered is recorded at once. */
const GATHER_MS = 50;

/** The outcome of a message that is not recorded yet, with its target. */
interface UnrecordedOutcome {
  outcome: DeliveryOutcome;
  target: string;
}

/**
 * Delivers `poll://` messages over the streams of this process. When a batch of this process makes a message due and a
 * stream has room for it, the batch itself claims the message, and it is written to the stream right after the commit
 * (`reserve`). The loop claims all other messages: those of other processes' batches, those that waited for a stream to
 * open, and those that are due again. It claims for the targets that hints and opened streams name. From time to time a
 * scan checks all targets, to find messages that no hint announced.
 */
export class PollDelivery implements Service, Receiver {
  readonly name = 'poll';
  readonly transport = 'poll';
  readonly #runtime: Context;
  readonly #hub: StreamHub;
  readonly #loop: Loop;
  readonly #lastWorkers = new LastWorkers();
  readonly #texts = new MessageTexts();
  readonly #interval: ScanInterval;
  readonly #targets: PollTargets;
  /** When the next scan is due, epoch ms. */
  #scanAt = Infinity;
  /**
   * True if a hint announced messages without naming their targets. What the next scan finds then counts as announced.
   */
  #isScanAnnounced = false;
  /** Where the next scan begins if there are too many targets for one scan. */
  #turn = 0;
  /** Targets for which a scan found messages that no hint had announced. Another process may be about to claim them. */
  readonly #unannounced = new Set<string>();
  #outcomes: UnrecordedOutcome[] = [];
  #recording: Promise<void> | null = null;
  /** Records the outcomes that were gathered so far. */
  #recordNow: () => void = () => {};

  constructor(runtime: Context, hub: StreamHub) {
    const { config, logger, store } = runtime;
    this.#runtime = runtime;
    this.#hub = hub;
    this.#interval = new ScanInterval(runtime);
    this.#targets = new PollTargets(hub);
    this.#loop = new Loop({
      name: this.name,
      pollIntervalMs: scanEveryMs(config),
      logger,
      clock: store.clock,
      step: () => this.#drain(),
    });
    hub.onRoom((stream) => {
      this.#targets.opened(stream);
      this.#loop.wake();
    });
    store.hints.onHint(({ deliveries }) => {
      const due = deliveries.get('poll');
      if (due?.targets === null) this.#scanFrom(due.at);
      for (const [target, at] of due?.targets ?? []) this.#note(target, at);
    });
  }

  async start(): Promise<void> {
    if (!this.#runtime.config.transports.httpPoll.enabled) return;
    this.#runtime.store.attachReceiver(this);
    // `onRoom` has already reported the streams that are open now, so the first scan need not run at once.
    this.#scanAt = Math.min(this.#scanAt, this.#nextScanAt());
    await this.#loop.start();
  }

  /** Call it after the streams have ended, so that every message under way has its outcome. */
  async stop(): Promise<void> {
    this.#runtime.store.attachReceiver(null);
    await this.#loop.stop();
    this.#recordNow();
    while (this.#recording) await this.#recording;
  }

  reserve(target: string, prefers: string | null, delivery: Delivery): Slot | null {
    // Another process may hold the preferred connection. If it does not, the loop claims the message here after
    // `PREFERENCE_GRACE_MS`.
    if (prefers !== null && this.#runtime.store.isShared && !this.#hub.holds(target, prefers)) return null;
    return this.#slot(delivery).slot;
  }

  /**
   * A place in a stream, or why there is none: `gone` (no stream has a free place), or `large` (no room for the
   * message's bytes).
   */
  #slot(delivery: Delivery): { slot: Slot } | { slot: null; why: 'gone' | 'large' } {
    const { target, prefers } = rowOf(delivery);
    const slot = this.#hub.reserve(target, prefers, this.#lastWorkers.avoids(delivery));
    if (!slot) return { slot: null, why: 'gone' };
    const text = this.#texts.of(delivery, this.#runtime.serverUrl);
    if (slot.hold(text.bytes)) {
      return { slot: { send: () => this.#send(delivery, text, slot), cancel: slot.cancel } };
    }
    slot.cancel();
    return { slot: null, why: 'large' };
  }

  #note(target: string, at: number): void {
    if (this.#targets.note(target, at)) this.#loop.wakeAt(at);
  }

  #scanFrom(at: number): void {
    this.#isScanAnnounced = true;
    this.#scanAt = Math.min(this.#scanAt, at);
    this.#loop.wakeAt(at);
  }

  #nextScanAt(): number {
    const { config, store } = this.#runtime;
    return this.#interval.nextAt ?? store.clock.now() + scanEveryMs(config);
  }

  /** One round of the loop. @returns when the next one is due. */
  async #drain(): Promise<number | null> {
    const { config, store } = this.#runtime;
    if (this.#hub.size === 0 || (config.debug && (await store.debug.isPaused()))) {
      this.#targets.prune();
      return null;
    }
    await this.#claim();
    // The clock may have been set back, which must not stop the scans.
    this.#scanAt = Math.min(this.#scanAt, this.#nextScanAt());
    if (this.#scanAt <= store.clock.now()) await this.#scan();
    return Math.min(this.#scanAt, this.#targets.nextAt(store.clock.now()) ?? Infinity);
  }

  /** Looks for messages that no hint announced. */
  async #scan(): Promise<void> {
    const { store } = this.#runtime;
    const isAnnounced = this.#isScanAnnounced;
    this.#isScanAnnounced = false;
    this.#unannounced.clear();
    for (const { target, dueAt } of await store.queues.nextDue('poll', this.#inTurn(this.#hub.targets()))) {
      const isDue = dueAt <= store.clock.now();
      if (isDue && !isAnnounced && !this.#targets.knows(target)) this.#unannounced.add(target);
      this.#targets.note(target, dueAt);
    }
    this.#scanAt = this.#nextScanAt();
  }

  /** The targets of this scan. If there are too many for one scan, each scan takes the next `MAX_TARGETS`. */
  #inTurn(targets: string[]): string[] {
    if (targets.length <= MAX_TARGETS) return targets;
    const from = this.#turn % targets.length;
    this.#turn = from + MAX_TARGETS;
    return [...targets.slice(from), ...targets.slice(0, from)].slice(0, MAX_TARGETS);
  }

  async #claim(): Promise<void> {
    const { config, store } = this.#runtime;
    const most = { targets: MAX_TARGETS, each: config.messages.batchSize, messages: MAX_MESSAGES };
    const { targets, preferred } = this.#targets.take(store.clock.now(), most);
    if (targets.length === 0) return;
    const graceMs = store.isShared ? PREFERENCE_GRACE_MS : 0;
    const names = targets.map(({ target }) => target);
    try {
      // Without a grace period nothing is reserved, so the list, which has each connection's id, is not needed.
      const request = { transport: 'poll', targets, preferred: graceMs > 0 ? preferred : [], graceMs } as const;
      const claimed = await store.outbox.claim(request);
      for (const unblock of claimed.unblocks) this.#hand({ kind: 'unblock', ...unblock });
      for (const task of claimed.executes) this.#hand({ kind: 'execute', task });
      const served = servedTargets(claimed);
      for (const name of served) if (this.#unannounced.delete(name)) this.#interval.foundUnannounced();
      this.#learn(claimed, served, graceMs);
    } catch (error) {
      for (const name of names) this.#targets.note(name, -Infinity);
      throw error;
    }
  }

  /** Notes when the next message of each target is due. @param served targets that just got messages. */
  #learn({ next, now }: Claimed, served: ReadonlySet<string>, graceMs: number): void {
    const { pollIntervalMs } = this.#runtime.config.messages;
    for (const { target, dueAt } of next) {
      const isServed = served.has(target);
      this.#targets.note(target, nextCheckAt(dueAt, { now, isServed, graceMs, pollIntervalMs }));
    }
  }

  /**
   * Sends a claimed message. If its stream has closed meanwhile, the message is due again at once. If the streams have
   * no room for its bytes, it is due again after `UNTIL_IT_FITS_MS`. Until then it is stored only in its row, not in
   * memory.
   */
  #hand(delivery: Delivery): void {
    const found = this.#slot(delivery);
    if (found.slot) found.slot.send(delivery);
    else this.#done(delivery, false, found.why === 'large' ? UNTIL_IT_FITS_MS : 0);
  }

  #send(delivery: Delivery, { message, body }: MessageText, { id, send }: StreamSlot): void {
    this.#lastWorkers.sent(delivery, id);
    const { metrics, tracing } = this.#runtime;
    handedOver(this.#runtime, 'poll', delivery);
    const { target } = rowOf(delivery);
    const write = (span: Awaited<ReturnType<typeof traceDelivery>>) => {
      const attempt = beginAttempt(this.#runtime, 'poll', target, message, span);
      send({
        body: span ? JSON.stringify(attempt.message) : body,
        done: (taken) => {
          attempt.end(taken ? 'taken' : 'failed', taken ? undefined : 'the stream broke');
          metrics.deliveries.inc({ status: taken ? 'success' : 'error' });
          this.#done(delivery, taken);
        },
      });
    };
    // If tracing is off, write synchronously, so that the message leaves right after the commit.
    if (tracing) void traceDelivery(this.#runtime, 'poll', message).then(write);
    else write(null);
  }

  /** @param waitMs if the message was not taken: when it is due again, ms from now. */
  #done(delivery: Delivery, taken: boolean, waitMs = 0): void {
    const outcome = outcomeOf(delivery, taken ? null : this.#runtime.store.clock.now() + waitMs);
    if (!outcome) return;
    this.#outcomes.push({ outcome, target: rowOf(delivery).target });
    this.#recording ??= this.#record();
    if (!taken) this.#recordNow();
  }

  async #record(): Promise<void> {
    await this.#gathered();
    while (this.#outcomes.length > 0) {
      const outcomes = this.#outcomes.splice(0);
      try {
        await this.#runtime.store.outbox.acknowledge(outcomes.map(({ outcome }) => outcome));
        for (const { outcome, target } of outcomes) if ('dueAt' in outcome) this.#note(target, outcome.dueAt);
      } catch (error) {
        // Nothing is lost: a message without an outcome is due again after tasks.retry_timeout.
        this.#runtime.logger.warn('outcomes of deliveries were not recorded', { count: outcomes.length, error });
      }
    }
    this.#recording = null;
  }

  /** Resolves after `GATHER_MS`, or if `#recordNow` is called, at the end of this turn of the event loop. */
  #gathered(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.#recordNow = () => {
        clearTimeout(timer);
        setImmediate(resolve);
      };
    });
  }
}
