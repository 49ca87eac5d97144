import {
  beginAttempt,
  handedOver,
  LookInterval,
  messageOf,
  outcomeOf,
  RARELY_MS,
  traceDelivery,
} from '@resonate/delivery';
import { Loop, type Service } from '@resonate/lifecycle';
import type { Message } from '@resonate/protocol';
import type { Runtime } from '@resonate/process';
import { rowOf, type Delivery, type DeliveryOutcome, type Receiver, type Slot } from '@resonate/store';
import type { Room, StreamHub, StreamSlot } from '@resonate/transports';
import { LastAsked } from './last-asked.ts';

/** Targets asked for in one claim; streams beyond get their turn in the next. */
const MAX_TARGETS = 1_000;

/** How long a message waits for the connection it prefers, which another process may hold. */
const PREFERENCE_GRACE_MS = 100;

/** How long a message waits for which the streams had no room in bytes. */
const UNTIL_IT_FITS_MS = 1_000;

/** What was taken is recorded together with what else is taken within this time; what came back is recorded at once. */
const GATHER_MS = 50;

/**
 * Delivers `poll://` messages over the event streams of this process. What a batch of this process makes due for a
 * stream with room is claimed in that batch's own commit and written right after it (`reserve`); the loop claims the
 * rest: what other processes made due, what waited for a stream to open, what comes again.
 */
export class PollDelivery implements Service, Receiver {
  readonly name = 'poll';
  readonly transport = 'poll';
  readonly #runtime: Runtime;
  readonly #hub: StreamHub;
  readonly #loop: Loop;
  readonly #lastAsked = new LastAsked();
  readonly #interval: LookInterval;
  /** From when on it is no surprise to find something due, epoch ms: somebody told, or the last look did. */
  #expectedAt = -Infinity;
  /** Where the next claim's targets begin when there are more than it asks for. */
  #turn = 0;
  #outcomes: DeliveryOutcome[] = [];
  #recording: Promise<void> | null = null;
  /** Ends the gathering of outcomes. */
  #hurry: () => void = () => {};

  constructor(runtime: Runtime, hub: StreamHub) {
    const { config, logger, store } = runtime;
    this.#runtime = runtime;
    this.#hub = hub;
    this.#interval = new LookInterval(runtime);
    this.#loop = new Loop({
      name: this.name,
      pollIntervalMs: Math.max(RARELY_MS, config.messages.pollIntervalMs),
      logger,
      clock: store.clock,
      step: () => this.#drain(),
    });
    hub.onRoom(() => this.#wakeAt(-Infinity));
    store.onHints(({ deliveries }) => {
      const at = deliveries.get('poll')?.at;
      if (at !== undefined && hub.size > 0) this.#wakeAt(at);
    });
  }

  async start(): Promise<void> {
    if (!this.#runtime.config.transports.httpPoll.enabled) return;
    this.#runtime.store.attachReceiver(this);
    await this.#loop.start();
  }

  /** The streams must have ended before: then all that was on its way has its outcome. */
  async stop(): Promise<void> {
    this.#runtime.store.attachReceiver(null);
    await this.#loop.stop();
    this.#hurry();
    while (this.#recording) await this.#recording;
  }

  reserve(target: string, prefers: string | null, delivery: Delivery): Slot | null {
    // Another process may hold the connection it prefers: the loop takes it here after the grace.
    if (prefers !== null && this.#runtime.store.isShared && !this.#hub.holds(target, prefers)) return null;
    return this.#slot(delivery).slot;
  }

  /** A place in a stream, or why there is none: `gone` (no stream with a place), or `large` (no room for its bytes). */
  #slot(delivery: Delivery): { slot: Slot } | { slot: null; why: 'gone' | 'large' } {
    const { target, prefers } = rowOf(delivery);
    const slot = this.#hub.reserve(target, prefers, this.#lastAsked.avoids(delivery));
    if (!slot) return { slot: null, why: 'gone' };
    const message = messageOf(delivery, this.#runtime.serverUrl);
    const body = JSON.stringify(message);
    if (slot.hold(Buffer.byteLength(body))) {
      return { slot: { send: () => this.#send(delivery, message, body, slot), cancel: slot.cancel } };
    }
    slot.cancel();
    return { slot: null, why: 'large' };
  }

  #wakeAt(at: number): void {
    this.#expectedAt = Math.min(this.#expectedAt, at);
    this.#loop.wakeAt(at);
  }

  /** Takes one look, and notes when the next one is expected to find something. */
  async #drain(): Promise<number | null> {
    const isExpected = this.#expectedAt <= this.#runtime.store.clock.now();
    this.#expectedAt = Infinity;
    const { found, nextAt } = await this.#claim();
    if (found && !isExpected) this.#interval.foundUnannounced();
    if (nextAt !== null) this.#expectedAt = Math.min(this.#expectedAt, nextAt);
    const lookAt = this.#interval.nextAt;
    return lookAt === null || nextAt === null ? (nextAt ?? lookAt) : Math.min(nextAt, lookAt);
  }

  async #claim(): Promise<{ found: boolean; nextAt: number | null }> {
    const { config, store } = this.#runtime;
    if (this.#hub.size === 0 || (config.debug && (await store.isPaused()))) return { found: false, nextAt: null };
    const { batchSize } = config.messages;
    const rooms = this.#nextRooms();
    const graceMs = store.isShared ? PREFERENCE_GRACE_MS : 0;
    const targets = rooms.map(({ target, limit }) => ({ target, limit: Math.min(limit, batchSize) }));
    const { executes, unblocks } = await store.claim({
      transport: 'poll',
      targets,
      preferred: this.#hub.ids(),
      graceMs,
    });
    for (const unblock of unblocks) this.#hand({ kind: 'unblock', ...unblock });
    for (const task of executes) this.#hand({ kind: 'execute', task });
    const found = executes.length + unblocks.length > 0;
    if (executes.length + unblocks.length >= batchSize) return { found, nextAt: 0 };
    const next = await store.nextDeliveryAt(
      'poll',
      rooms.map(({ target }) => target),
    );
    const now = await store.now();
    if (next === null || next > now) return { found, nextAt: next };
    // Due and yet not claimed: it waits for the connection it prefers, for room, or for a lock of another process.
    const again = now + config.messages.pollIntervalMs;
    return { found, nextAt: next + graceMs > now ? next + graceMs : again };
  }

  /** The targets with room, of more than one claim asks for the next ones each time. */
  #nextRooms(): Room[] {
    const rooms = this.#hub.rooms();
    if (rooms.length <= MAX_TARGETS) return rooms;
    const from = this.#turn % rooms.length;
    this.#turn = from + MAX_TARGETS;
    return [...rooms.slice(from), ...rooms.slice(0, from)].slice(0, MAX_TARGETS);
  }

  /**
   * Hands over a claimed message. When its stream is gone meanwhile, it is due again at once. When the streams hold so
   * many bytes that it does not fit, it is due again a little later: it stays in its row, not in memory.
   */
  #hand(delivery: Delivery): void {
    const found = this.#slot(delivery);
    if (found.slot) found.slot.send(delivery);
    else this.#done(delivery, false, found.why === 'large' ? UNTIL_IT_FITS_MS : 0);
  }

  #send(delivery: Delivery, message: Message, body: string, { id, send }: StreamSlot): void {
    this.#lastAsked.sent(delivery, id);
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
    // Without traces nothing comes between the commit and the stream.
    if (tracing) void traceDelivery(this.#runtime, 'poll', message).then(write);
    else write(null);
  }

  /** @param waitMs when not taken: how long from now it is due again. */
  #done(delivery: Delivery, taken: boolean, waitMs = 0): void {
    const outcome = outcomeOf(delivery, taken ? null : this.#runtime.store.clock.now() + waitMs);
    if (!outcome) return;
    this.#outcomes.push(outcome);
    this.#recording ??= this.#record();
    if (!taken) this.#hurry();
  }

  async #record(): Promise<void> {
    await this.#gathered();
    while (this.#outcomes.length > 0) {
      const outcomes = this.#outcomes.splice(0);
      try {
        await this.#runtime.store.acknowledge(outcomes);
        if (outcomes.some(({ delivered }) => !delivered)) this.#wakeAt(-Infinity);
      } catch (error) {
        // Not lost: what has no outcome is due again after tasks.retry_timeout.
        this.#runtime.logger.warn('outcomes of deliveries were not recorded', { count: outcomes.length, error });
      }
    }
    this.#recording = null;
  }

  /** Resolves after `GATHER_MS`; when hurried, as soon as what else comes in this turn is there. */
  #gathered(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.#hurry = () => {
        clearTimeout(timer);
        setImmediate(resolve);
      };
    });
  }
}
