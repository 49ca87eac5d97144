import type { Prepared, Query } from '@resonate/drivers/postgres';
import { FENCE_PRELOAD, PRELOAD, type PreloadBound } from '@resonate/machine';
import { CALLBACKS, LISTENERS, PROMISES, SCHEDULES, TASKS } from '../../tables.ts';
import { branchColumns, rowLimit } from '../branches.ts';
import type { LoadSql } from '../server/load.ts';
import { sharedList, type Sized } from '../shares.ts';
import { array, byAwaiter } from './words.ts';

const callbacks = `SELECT ${CALLBACKS.list()} FROM callbacks WHERE`;
const listeners = `SELECT ${LISTENERS.list()} FROM listeners WHERE`;
/** Read in the statement that locks the tasks. The promises are locked before, so no awaiter can be added any more. */
const withAwaiters =
  'ARRAY(SELECT unnest($1::text[]) UNION ALL SELECT awaiter FROM callbacks WHERE awaited = ANY($2::text[]))';
/** The same statement without a lock and with one. The latter also selects the version of each row, as its last column. */
const lockable = (name: string, columns: string, from: string): Prepared[] => [
  { name, text: `SELECT ${columns} FROM ${from}` },
  { name: `lock_${name}`, text: `SELECT ${columns}, t.xmin FROM ${from} FOR UPDATE` },
];
const shared = (table: Sized) =>
  lockable(table.name, sharedList(table, '$2::bigint'), `${table.name} AS t WHERE id = ANY($1::text[]) ORDER BY id`);
/** Postgres knows the length of a long text without reading it. ORDER BY id prevents a walk through another index. */
const branches = (limit: number) => `SELECT ${branchColumns('p.total <= $3::bigint')}
  FROM (SELECT unnest($1::text[]) UNION (SELECT branch FROM promises WHERE id = ANY($2::text[]) ORDER BY id)) AS wanted(name)
  CROSS JOIN LATERAL (
    SELECT *, sum(bytes) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS total FROM (
      SELECT *, ${PROMISES.bytes('promises')} AS bytes
      FROM promises WHERE branch = wanted.name ORDER BY id LIMIT ${limit}
    ) AS first
  ) AS p WHERE p.total - p.bytes <= $3::bigint`;
/** One statement for each bound, because Postgres would plan for an unknown limit if the limit was a parameter. */
const branchesName = (bound: PreloadBound) => `branches_${bound.promises}`;

export const LOAD_STATEMENTS: Prepared[] = [
  ...shared(PROMISES),
  ...shared(SCHEDULES),
  ...lockable('tasks', TASKS.list(), `tasks AS t WHERE id = ANY(${withAwaiters}) ORDER BY id`),
  {
    name: 'callbacks',
    text: `${callbacks} awaited = ANY($1::text[]) UNION ALL ${callbacks} ${byAwaiter('awaiter')} = ANY($1::text[])
      UNION ALL ${callbacks} ${byAwaiter('awaiter')} = ANY($2::text[]) AND ready = 1`,
  },
  { name: 'listeners', text: `${listeners} awaited = ANY($1::text[])` },
  ...[PRELOAD, FENCE_PRELOAD].map((bound) => ({ name: branchesName(bound), text: branches(rowLimit(bound)) })),
];

const locked = (name: string, locking: boolean) => (locking ? `lock_${name}` : name);

/** Every statement sees what was committed before it began, so rows that a lock protects are read after the lock. */
export const LOAD: LoadSql<Query> = {
  promises: (ids, share, locking) => ({ name: locked('promises', locking), values: [array(ids), String(share)] }),
  schedules: (ids, share, locking) => ({ name: locked('schedules', locking), values: [array(ids), String(share)] }),
  tasks: (ids, settlements, locking) => ({
    name: locked('tasks', locking),
    values: [array(ids), array(settlements)],
  }),
  callbacks: (settlements, resumed) => ({ name: 'callbacks', values: [array(settlements), array(resumed)] }),
  listeners: (settlements) => ({ name: 'listeners', values: [array(settlements)] }),
  branches: ({ names, ofPromises, bound }) => ({
    name: branchesName(bound),
    values: [array(names), array(ofPromises), String(bound.bytes)],
  }),
};
