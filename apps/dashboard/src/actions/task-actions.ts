import type { Task } from '@resonate/admin';
import { operate, post } from '../api/client.ts';
import type { RowAction } from '../parts/index.ts';

/** A task with the id of its promise. */
type Target = Pick<Task, 'state' | 'version'> & { id: string };

export const DELIVER: RowAction<Target> = {
  verb: 'Deliver now',
  icon: 'send',
  done: 'Message is due',
  explanation: 'The message is sent at once instead of at its next delivery time.',
  applies: ({ state }) => state === 'pending',
  run: ({ id }) => post('/admin/tasks/:id/deliver', {}, id),
};
const RELEASE: RowAction<Target> = {
  verb: 'Release',
  icon: 'refresh',
  done: 'Released',
  isDangerous: true,
  explanation:
    'The worker that holds the task loses its lease, and another worker may acquire it at once. Do this if the worker hangs.',
  applies: ({ state }) => state === 'acquired',
  run: ({ id, version }) => operate('task.release', { id, version }),
};
const HALT: RowAction<Target> = {
  verb: 'Halt',
  icon: 'pause',
  done: 'Halted',
  isDangerous: true,
  explanation: 'No worker gets the task until you continue it. A worker that holds it now loses its lease.',
  applies: ({ state }) => state === 'pending' || state === 'acquired' || state === 'suspended',
  run: ({ id }) => operate('task.halt', { id }),
};
const CONTINUE: RowAction<Target> = {
  verb: 'Continue',
  icon: 'play',
  done: 'Continued',
  explanation: 'The task is offered to the workers of its group at once.',
  applies: ({ state }) => state === 'halted',
  run: ({ id }) => operate('task.continue', { id }),
};

/** What may help a task that makes no progress. */
export const REMEDIES: readonly RowAction<Target>[] = [DELIVER, RELEASE, CONTINUE];
export const TASK_ACTIONS: readonly RowAction<Target>[] = [DELIVER, RELEASE, HALT, CONTINUE];
