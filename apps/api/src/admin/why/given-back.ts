import type { Ending, Facts, Waiting } from './facts.ts';
import { receiverOf } from './receivers.ts';
import { commandFor, instantFrom } from './words.ts';

/**
 * If workers gave a task back this many times in a row, something is wrong. A worker that crashes or restarts gives a
 * task back only once or twice.
 */
const REPEATED = 3;

/**
 * The diagnosis of a task that workers acquire and give back again and again. @returns null if it is not such a task.
 */
export function givenBack({ promise, task, subject }: Waiting, { now }: Facts): Ending | null {
  const { setbacks, dueAt } = task;
  if (setbacks < REPEATED) return null;
  const isWaiting = task.state === 'pending' && dueAt !== null && dueAt > now;
  const next = isWaiting ? ` It is sent again at ${instantFrom(dueAt, now)}.` : '';
  const again = isWaiting ? ' When that is fixed, deliver its message.' : '';
  const name = promise.function === undefined ? 'its function' : `the function ${promise.function}`;
  return {
    cause: 'given_back',
    sentence: `${subject} was given back by its workers ${setbacks} times in a row without progress: they released it, or their lease ended.${next}`,
    action: `Look at the log of the workers of ${receiverOf(task)}. Often ${name} is not registered there, or not in this version, or the process ends while it runs it.${again}`,
    needsAction: true,
    ...(isWaiting && { command: commandFor('tasks deliver', promise.id), until: dueAt }),
  };
}
