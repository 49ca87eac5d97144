import { TASK_STATES } from '@resonate/protocol/records';
import { z } from 'zod';
import { call } from '../../http.ts';
import { defineTool, page, type Register } from '../tool.ts';

const task = z.object({ id: z.string().min(1).describe("The task's id, the same as its promise's") });

/** The tools that show, halt and continue tasks. */
export const TASK_TOOLS: readonly Register[] = [
  defineTool({
    name: 'task-get',
    description: 'Get the task of a promise: its state, version, and the worker that holds it',
    input: task,
    run: ({ id }, { server }) => call('task.get', { id }, server),
  }),
  defineTool({
    name: 'task-search',
    description:
      'Find tasks by state, in order of their ids. Pending tasks wait for a worker, acquired ones are held by one',
    input: z.object({ state: z.enum(TASK_STATES).optional(), ...page }),
    run: (query, { server }) => call('task.search', query, server),
  }),
  defineTool({
    name: 'task-halt',
    description: 'Halt a task: no worker gets it until it is continued',
    input: task,
    run: ({ id }, { server }) => call('task.halt', { id }, server),
  }),
  defineTool({
    name: 'task-continue',
    description: 'Continue a halted task',
    input: task,
    run: ({ id }, { server }) => call('task.continue', { id }, server),
  }),
];
