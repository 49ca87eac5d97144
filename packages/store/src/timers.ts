import { occurrenceOf, type Command, type ScheduleRow } from '@resonate/machine';
import type { Reply } from '@resonate/protocol';
import { StoreUnavailable, type DueTimers } from './dialect.ts';

/** What one round fired, sort by sort. */
export interface Fired {
  promises: number;
  leases: number;
  schedules: number;
  /** Promises that the schedules made; others of their occurrences were skipped. */
  runs: number;
  /** Timers that could not be fired; they are due as before. */
  failed: number;
  /** How far behind its time the oldest timer was, ms. */
  latenessMs: number;
  /** More may be due than one round takes, and this one got somewhere. */
  more: boolean;
}

export interface TimerContext {
  /** The store's clock. */
  now(): Promise<number>;
  dueTimers(now: number): Promise<DueTimers>;
  submit(command: Command): Promise<Reply>;
}

/**
 * Fires what is due: at most `limit` of each sort, so that requests go on meanwhile. Each transition checks its own
 * due time again under its row's lock, so whoever calls this late or twice does no harm. A timer that fails holds up no
 * other.
 * @throws StoreUnavailable
 */
export async function fireDueTimers(context: TimerContext, limit: number): Promise<Fired> {
  const now = await context.now();
  const due = await context.dueTimers(now);
  const [promises, leases, schedules] = await Promise.all([
    fireAll(
      due.promises.map(({ id }) => ({ kind: 'timer.promise', data: { id } })),
      context,
    ),
    fireAll(
      due.leases.map(({ id }) => ({ kind: 'timer.lease', data: { id } })),
      context,
    ),
    fireAll(due.schedules.map(fireCommand), context),
  ]);
  const fired = promises.length + leases.length + schedules.length;
  const oldestAt = Math.min(now, ...[...due.promises, ...due.leases].map((timer) => timer.at));
  const lists = [due.promises, due.leases, due.schedules];
  return {
    promises: promises.length,
    leases: leases.length,
    schedules: schedules.length,
    runs: schedules.filter(({ data }) => (data as { fired: boolean }).fired).length,
    failed: lists.reduce((sum, list) => sum + list.length, 0) - fired,
    latenessMs: now - oldestAt,
    // A schedule that fired may have its next occurrence behind it as well.
    more: schedules.length > 0 || (fired > 0 && lists.some((list) => list.length >= limit)),
  };
}

/** @returns the answers of those that succeeded. */
async function fireAll(commands: Command[], context: TimerContext): Promise<Reply[]> {
  const replies = await Promise.all(commands.map((command) => context.submit(command)));
  const unavailable = replies.find(({ status }) => status === 503);
  if (unavailable) throw new StoreUnavailable(String(unavailable.data));
  return replies.filter(({ status }) => status === 200);
}

/** The schedule's next occurrence as a command. */
export function fireCommand(schedule: ScheduleRow): Command {
  return { kind: 'timer.schedule', data: occurrenceOf(schedule) };
}
