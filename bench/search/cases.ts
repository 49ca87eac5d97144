import type { Request } from '@resonate/protocol';
import { MIDDLE } from './rows.ts';

export interface SearchCase {
  name: string;
  /** The request of repetition number `run`. Rare values differ each time, so that none is in a cache. */
  request(run: number): Request;
}

interface Filter {
  state?: Extract<Request, { kind: 'promise.search' }>['data']['state'];
  tags?: Record<string, string>;
}

const anything = { state: undefined, tags: undefined, limit: undefined, cursor: undefined };

function promises(name: string, filter: (run: number) => Filter): SearchCase[] {
  return [undefined, MIDDLE].map((cursor) => ({
    name: cursor === undefined ? name : `${name}, later page`,
    request: (run) => ({ kind: 'promise.search', data: { ...anything, ...filter(run), cursor } }),
  }));
}

type TaskFilter = Extract<Request, { kind: 'task.search' }>['data']['state'];

function tasks(name: string, state: TaskFilter): SearchCase[] {
  return [undefined, MIDDLE].map((cursor) => ({
    name: cursor === undefined ? name : `${name}, later page`,
    request: () => ({ kind: 'task.search', data: { ...anything, state, cursor } }),
  }));
}

const LINEAGE = ['origin', 'branch', 'parent', 'schedule'];
const BIG: Record<string, string> = { schedule: 'nightly' };
const STATES = ['pending', 'resolved', 'rejected', 'rejected_canceled', 'rejected_timedout'] as const;

/** @param count the number of promises in the database. */
export function searchCases(count: number): SearchCase[] {
  const rare = (name: string) => (run: number) => `${name}.${(run * 7_919) % Math.floor(count / 100)}`;
  return [
    ...promises('all', () => ({})),
    ...STATES.flatMap((state) => promises(state, () => ({ state }))),
    ...LINEAGE.flatMap((name) => {
      const tag = `resonate:${name}`;
      const big = BIG[name] ?? `${name}.big`;
      return [
        ...promises(`${name} of 10`, (run) => ({ tags: { [tag]: rare(name)(run) } })),
        ...promises(`${name} of 10 + pending`, (run) => ({ tags: { [tag]: rare(name)(run) }, state: 'pending' })),
        ...promises(`${name} of a tenth`, () => ({ tags: { [tag]: big } })),
        ...promises(`${name} of a tenth + pending`, () => ({ tags: { [tag]: big }, state: 'pending' })),
        ...promises(`${name} of a tenth + canceled`, () => ({ tags: { [tag]: big }, state: 'rejected_canceled' })),
        ...promises(`${name} of a tenth + env=dev`, () => ({ tags: { [tag]: big, env: 'dev' } })),
      ];
    }),
    ...promises('customer of 10', (run) => ({ tags: { customer: rare('customer')(run) } })),
    ...promises('customer of 10 + resolved', (run) => ({
      tags: { customer: rare('customer')(run) },
      state: 'resolved',
    })),
    ...promises('env=dev (1 in 1,000)', () => ({ tags: { env: 'dev' } })),
    ...promises('env=prod (90 %)', () => ({ tags: { env: 'prod' } })),
    ...STATES.flatMap((state) => promises(`env=prod + ${state}`, () => ({ tags: { env: 'prod' }, state }))),
    ...promises('env=prod + customer of 10', (run) => ({ tags: { env: 'prod', customer: rare('customer')(run) } })),
    ...promises('env=dev + canceled', () => ({ tags: { env: 'dev' }, state: 'rejected_canceled' })),
    ...promises('no such tag', () => ({ tags: { nobody: 'has' } })),
    ...tasks('tasks: all', undefined),
    ...tasks('tasks: pending', 'pending'),
    ...tasks('tasks: acquired', 'acquired'),
    ...tasks('tasks: suspended', 'suspended'),
    ...tasks('tasks: halted', 'halted'),
    ...tasks('tasks: fulfilled', 'fulfilled'),
  ];
}
