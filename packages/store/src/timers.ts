import { occurrencePromiseId, type Command, type ScheduleRow } from '@resonate/machine';
import type { Reply } from '@resonate/protocol';
import type { Dialect } from './dialect.ts';

export interface Fired {
  promises: number;
  leases: number;
  schedules: number;
  /** How far behind its time the oldest timer was, ms. */
  latenessMs: number;
  /** More may be due than one round takes. */
  more: boolean;
}

export interface TimerContext {
  dialect: Dialect;
  submit(command: Command): Promise<Reply>;
}

/**
 * Fires what is due: at most `limit` of each sort, so that requests go on meanwhile. Each transition checks its own
 * due time again under its row's lock, so whoever calls this late or twice does no harm.
 */
export async function fireDueTimers(context: TimerContext, limit: number): Promise<Fired> {
  const now = await context.dialect.now();
  const due = await context.dialect.dueTimers(now, limit);
  const commands: Command[] = [
    ...due.promises.map((timer): Command => ({ kind: 'timer.promise', data: { id: timer.id } })),
    ...due.leases.map((timer): Command => ({ kind: 'timer.lease', data: { id: timer.id } })),
    ...due.schedules.map(fireCommand),
  ];
  const replies = await Promise.all(commands.map((command) => context.submit(command)));
  const failed = replies.find((reply) => reply.status !== 200);
  if (failed) throw new Error(`timers could not be fired: ${String(failed.data)}`);
  const oldestAt = Math.min(now, ...[...due.promises, ...due.leases].map((timer) => timer.at));
  return {
    promises: due.promises.length,
    leases: due.leases.length,
    schedules: due.schedules.length,
    latenessMs: now - oldestAt,
    more: [due.promises, due.leases, due.schedules].some((list) => list.length >= limit) || due.schedules.length > 0,
  };
}

/** The schedule's next occurrence as a command. */
export function fireCommand(schedule: ScheduleRow): Command {
  const promiseId = occurrencePromiseId(schedule, schedule.nextRunAt);
  return { kind: 'timer.schedule', data: { id: schedule.id, at: schedule.nextRunAt, promiseId } };
}
