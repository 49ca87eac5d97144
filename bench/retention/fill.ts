import { Needs, type PromiseRow, type TaskRow } from '@resonate/machine';
import { openDialect, type StorageTarget } from '@resonate/store';
import { created } from '../created.ts';
import { scatteredId } from '../scattered-id.ts';

/** The number of promises in a call graph: a root and its calls. */
const GRAPH = 10;
/** One in this many call graphs has expired, and one is pending. */
const ONE_IN = 20;
/**
 * Call graphs per transaction. Small enough that a busy machine writes them before the database aborts the idle
 * transaction.
 */
const GRAPHS_AT_ONCE = 100;
const TARGET = 'poll://any@nobody';
const HOUR = 3_600_000;
const YEAR_MS = 8_760 * HOUR;
const PARAM = { headers: {}, data: btoa('{"func":"work","args":[1],"version":1}') };

export interface Filled {
  /**
   * The number of promises that retention must delete. All of them settled at `expiredAt`, the others long after it.
   */
  expired: number;
  expiredAt: number;
}

/** Writes `count` promises in call graphs, with their tags and tasks, as batches of the dialect. */
export async function fill(target: StorageTarget, count: number): Promise<Filled> {
  const now = Date.now();
  const expiredAt = now - 48 * HOUR;
  const graphs = Math.floor(count / GRAPH);
  const dialect = await openDialect(target, Date.now);
  try {
    for (let first = 0; first < graphs; first += GRAPHS_AT_ONCE) {
      const length = Math.min(GRAPHS_AT_ONCE, graphs - first);
      const rows = Array.from({ length }, (_, index) => graphOf(first + index, now, expiredAt)).flat();
      const promises = rows.map(({ promise }) => promise);
      const tasks = rows.flatMap(({ task }) => task ?? []);
      const changes = created(promises, tasks);
      await dialect.transact(new Needs(), () => ({ changes, result: null }));
    }
  } finally {
    await dialect.close();
  }
  return { expired: Math.ceil(graphs / ONE_IN) * GRAPH, expiredAt };
}

interface Rows {
  promise: PromiseRow;
  task: TaskRow | null;
}

/** The rows of a call graph. The root is a call that a worker ran, the other promises are its steps. */
function graphOf(n: number, now: number, expiredAt: number): Rows[] {
  const root = scatteredId(n);
  const isPending = n % ONE_IN === 1;
  const settledAt = n % ONE_IN === 0 ? expiredAt : now - (n % HOUR);
  return Array.from({ length: GRAPH }, (_, index) => {
    const promise: PromiseRow = {
      id: index === 0 ? root : `${root}.${index}`,
      state: isPending ? 'pending' : 'resolved',
      param: PARAM,
      value: isPending ? {} : { headers: {}, data: btoa(`{"result":${index}}`) },
      tags: {
        'resonate:origin': root,
        'resonate:branch': root,
        'resonate:parent': root,
        'resonate:scope': index === 0 ? 'global' : 'local',
        ...(index === 0 && { 'resonate:target': TARGET, customer: `customer.${n % 10_000}` }),
      },
      timeoutAt: now + YEAR_MS + n,
      createdAt: settledAt - 1_000,
      settledAt: isPending ? null : settledAt,
    };
    return { promise, task: index === 0 ? taskOf(promise) : null };
  });
}

function taskOf({ id, state, timeoutAt }: PromiseRow): TaskRow {
  return {
    ...{ id, state: state === 'pending' ? 'suspended' : 'fulfilled', version: 1, resumes: 0, pid: null, ttl: null },
    ...{ setbacks: 0 },
    ...{ timeoutAt, dueAt: null, address: TARGET, transport: 'poll', target: 'nobody', prefers: null },
    ...{ enqueuedAt: null, attempts: 0, claimedBy: null, deferredBy: null },
  };
}
