import { copyOf } from '../copy-of.ts';
import type { Fields } from './fields.ts';
import { returnTask, isPending, sendExecute, touch } from './rules.ts';
import { fire } from './schedules.ts';
import { byId, type Context, emptyState } from './state.ts';
import { taskRecord } from './tasks.ts';

/** Transitions that happen when a time is reached (protocol sections 4, 5 and 7), and the other `debug.*` kinds. */

/**
 * One scan: leases and retries, then one occurrence of each due schedule, then promise timeouts. In this order, a
 * schedule's promise that is created already expired is settled in the same scan, and no task gets two messages in one scan.
 */
export function debugTick({ state, ...rest }: Context, data: Fields): unknown {
  const context: Context = { ...rest, state, now: data.integer('time', 0) };
  for (const task of byId(state.tasks.values())) {
    if (task.timerAt === undefined || task.timerAt > context.now || !isPending(context, task.id)) continue;
    if (task.state === 'acquired') returnTask(context, task);
    else sendExecute(context, task);
  }
  for (const schedule of byId(state.schedules.values())) {
    if (schedule.nextRunAt <= context.now) fire(context, schedule);
  }
  touch(
    context,
    byId(state.promises.values()).map(({ id }) => id),
  );
  return [];
}

export function debugReset({ state }: Context): unknown {
  Object.assign(state, emptyState());
  return {};
}

/** The model has no background loops, so there is nothing to start or stop. */
export function debugStartOrStop(): unknown {
  return {};
}

/** The stored state. Directly after a tick it is the projected view. */
export function debugSnap({ state }: Context): unknown {
  const promises = byId(state.promises.values());
  const tasks = byId(state.tasks.values());
  return copyOf({
    promises,
    promiseTimeouts: promises
      .filter((promise) => promise.state === 'pending')
      .map((promise) => ({ id: promise.id, timeout: promise.timeoutAt })),
    callbacks: state.callbacks,
    listeners: state.listeners,
    tasks: tasks.map(taskRecord),
    taskTimeouts: tasks
      .filter((task) => task.timerAt !== undefined)
      .map((task) => ({ id: task.id, type: task.state === 'acquired' ? 1 : 0, timeout: task.timerAt })),
    messages: state.outbox.map(({ address, message }) => ({ address, message })),
  });
}
