import { errorText, StoreUnavailable } from '@resonate/drivers';
import { occurrenceOf, type Command, type DueSchedule } from '@resonate/machine';
import { MAX_TIME, type Reply } from '@resonate/protocol';
import type { Dialect } from './dialect.ts';
import { isConflict } from './engine/error-reply.ts';
import type { StoreEvents } from './events.ts';
import { TIMER_SORTS, TimerBackoff, type TimerSort } from './timer-backoff.ts';

/** What one round fired. */
export interface Fired {
  promises: number;
  leases: number;
  schedules: number;
  /** Promises that the schedules created. Occurrences that were skipped do not count. */
  runs: number;
  /** Timers that could not be fired. They are tried again later. */
  failed: number;
  /** Timers that failed when they were last tried, in this round or before. */
  failing: number;
  /** How late the oldest promise timeout or lease end was, ms. Schedules do not count. */
  latenessMs: number;
  /** True if more timers may be due now. */
  more: boolean;
}

/** A timer that is due. `command` may throw. */
interface Timer {
  sort: TimerSort;
  id: string;
  at: number;
  command(): Command;
}

/** Promise timeouts, lease ends and schedules: fires them at their times. */
export class Timers {
  readonly #dialect: Dialect;
  readonly #submit: (command: Command) => Promise<Reply>;
  readonly #events: StoreEvents;
  readonly #backoff = new TimerBackoff();

  constructor(dialect: Dialect, submit: (command: Command) => Promise<Reply>, events: StoreEvents) {
    this.#dialect = dialect;
    this.#submit = submit;
    this.#events = events;
  }

  /**
   * Fires what is due: at most `limit` of each sort, so that requests are answered in between. Each transition checks its
   * own due time again under its row's lock, so calling this late or twice does no harm. A timer that fails does not delay
   * others and is not tried again before its backoff is over.
   * @throws StoreUnavailable
   */
  async fireDue(limit: number): Promise<Fired> {
    const now = await this.#dialect.now();
    const due = await this.#due(now, limit);
    const [promises, leases, schedules] = await Promise.all([
      this.#fireAll(due.promises, now),
      this.#fireAll(due.leases, now),
      this.#fireAll(due.schedules, now),
    ]);
    const fired = promises.length + leases.length + schedules.length;
    const oldestAt = Math.min(now, ...[...due.promises, ...due.leases].map((timer) => timer.at));
    const lists = Object.values(due);
    return {
      promises: promises.length,
      leases: leases.length,
      schedules: schedules.length,
      runs: schedules.filter(hasRun).length,
      failed: lists.reduce((sum, list) => sum + list.length, 0) - fired,
      failing: this.#backoff.size,
      latenessMs: now - oldestAt,
      // The next occurrence of a schedule that fired may be due already, too.
      more: schedules.length > 0 || lists.some((list) => list.length >= limit),
    };
  }

  /** When a timer is due next; for one that fails, when it is tried again. Null without any. */
  async nextAt(): Promise<number | null> {
    if (this.#backoff.size === 0) return this.#events.measured('timers', () => this.#dialect.nextTimerAt());
    const next = await this.#due(MAX_TIME, 1, await this.#dialect.now());
    const times = Object.values(next).flatMap((timers) => timers.map(({ at }) => at));
    const nextAt = Math.min(...times, this.#backoff.nextAt ?? Infinity);
    return nextAt === Infinity ? null : nextAt;
  }

  /** The first timers of each sort up to `until`, without those that back off at `now`. */
  async #due(until: number, limit: number, now = until) {
    const backoff = this.#backoff;
    const asked = limit + backoff.most;
    const due = await this.#events.measured('timers', () => this.#dialect.dueTimers(until, asked));
    for (const sort of TIMER_SORTS) {
      // A full list may lack some due timers, so those that it does not contain must not be forgotten.
      if (due[sort].length < asked) backoff.keepOnly(sort, new Set(due[sort].map(({ id }) => id)), now);
    }
    const ready = (timers: Timer[]) => timers.filter((each) => !backoff.isHeld(each, now)).slice(0, limit);
    return {
      promises: ready(due.promises.map(({ id, at }) => timer('promises', id, at, 'timer.promise'))),
      leases: ready(due.leases.map(({ id, at }) => timer('leases', id, at, 'timer.lease'))),
      schedules: ready(due.schedules.map(scheduleTimer)),
    };
  }

  /** @returns the answers of those that succeeded. */
  async #fireAll(timers: Timer[], now: number): Promise<Reply[]> {
    const replies = await Promise.all(timers.map((each) => this.#fire(each)));
    const refused = replies.filter(({ status }) => status === 503);
    // If there are other answers, the database is available. A conflict only means that a row is locked for long.
    const unavailable = refused.length === replies.length ? refused.find((reply) => !isConflict(reply)) : undefined;
    if (unavailable) throw new StoreUnavailable(String(unavailable.data));
    await Promise.all(timers.map((each, index) => this.#ended(each, replies[index], now)));
    return replies.filter(({ status }) => status === 200);
  }

  async #fire(each: Timer): Promise<Reply> {
    let command: Command;
    try {
      command = each.command();
    } catch (error) {
      return { status: 500, data: errorText(error) };
    }
    return this.#submit(command);
  }

  async #ended(each: Timer, reply: Reply | undefined, now: number): Promise<void> {
    const { sort, id, at } = each;
    if (reply?.status === 200) {
      this.#backoff.succeeded(sort, id);
      return;
    }
    const fault = `${reply?.status ?? 'no answer'}: ${String(reply?.data)}`;
    this.#backoff.failed(each, now);
    this.#events.timerFailed({ sort, id, fault });
    if (sort === 'schedules') await this.#submit({ kind: 'timer.schedule_fault', data: { id, at, fault } });
  }
}

/** Whether the schedule created a promise. */
function hasRun({ data }: Reply): boolean {
  return typeof data === 'object' && data !== null && 'fired' in data && data.fired === true;
}

function timer(sort: TimerSort, id: string, at: number, kind: 'timer.promise' | 'timer.lease'): Timer {
  return { sort, id, at, command: () => ({ kind, data: { id } }) };
}

function scheduleTimer(schedule: DueSchedule): Timer {
  return { sort: 'schedules', id: schedule.id, at: schedule.nextRunAt, command: () => fireCommand(schedule) };
}

/** The schedule's next occurrence as a command. @throws when its promise's id would be too long. */
export function fireCommand(schedule: DueSchedule): Command {
  return { kind: 'timer.schedule', data: occurrenceOf(schedule) };
}
