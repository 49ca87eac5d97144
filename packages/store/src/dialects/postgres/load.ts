import { FENCE_PRELOAD, PRELOAD, type PreloadBound } from '@resonate/machine';
import type { Table } from '../../sql/table.ts';
import { CALLBACKS, LISTENERS, PROMISES, SCHEDULES, TASKS } from '../../tables.ts';
import { branchColumns, rowLimit } from '../branches.ts';
import type { LoadSql } from '../server/load.ts';
import { sharedList } from '../shares.ts';
import { array } from './array.ts';
import type { Prepared, Query } from './pipeline.ts';
import { byAwaiter } from './words.ts';

const byId = <Row>(table: Table<Row>, ids: string) =>
  `SELECT ${table.list()} FROM ${table.name} WHERE id = ANY(${ids}) ORDER BY id`;
const callbacks = `SELECT ${CALLBACKS.list()} FROM callbacks WHERE`;
const listeners = `SELECT ${LISTENERS.list()} FROM listeners WHERE`;
/** Read in the statement that locks the tasks: after the promises' locks, so no awaiter can join any more. */
const withAwaiters =
  'ARRAY(SELECT unnest($1::text[]) UNION ALL SELECT awaiter FROM callbacks WHERE awaited = ANY($2::text[]))';
/** Looked up one by one: with a plain join, a plan that was made for an empty table reads all of it for each pair. */
const byPair = <Row>(table: Table<Row>) => {
  const [first, second] = table.key;
  return `SELECT found.* FROM unnest($1::text[], $2::text[]) AS pair(first, second)
    CROSS JOIN LATERAL (SELECT ${table.list('t')} FROM ${table.name} t
      WHERE t.${first} = pair.first AND t.${second} = pair.second OFFSET 0) AS found`;
};
const promises = `SELECT ${sharedList('$2::bigint')} FROM promises AS p WHERE id = ANY($1::text[]) ORDER BY id`;
/** The length of a long text is known without reading it: what is beyond the bytes stays where it is. */
const branches = (limit: number) => `SELECT ${branchColumns('p.total <= $3::bigint')}
  FROM (SELECT unnest($1::text[]) UNION SELECT branch FROM promises WHERE id = ANY($2::text[])) AS wanted(name)
  CROSS JOIN LATERAL (
    SELECT *, sum(bytes) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS total FROM (
      SELECT *, ${PROMISES.bytes('promises')} AS bytes
      FROM promises WHERE branch = wanted.name ORDER BY id LIMIT ${limit}
    ) AS first
  ) AS p WHERE p.total - p.bytes <= $3::bigint`;
/** A statement for each bound: with the limit as a parameter the plan would be made for an unknown one. */
const branchesName = (bound: PreloadBound) => `branches_${bound.promises}`;
/** The same statement without a lock and with one. */
const lockable = (name: string, text: string): Prepared[] => [
  { name, text },
  { name: `lock_${name}`, text: `${text} FOR UPDATE` },
];

export const LOAD_STATEMENTS: Prepared[] = [
  ...lockable('promises', promises),
  ...lockable('tasks', byId(TASKS, withAwaiters)),
  ...lockable('schedules', byId(SCHEDULES, '$1::text[]')),
  {
    name: 'callbacks',
    text: `${callbacks} awaited = ANY($1::text[]) UNION ALL ${callbacks} ${byAwaiter('awaiter')} = ANY($1::text[])
      UNION ALL ${callbacks} ${byAwaiter('awaiter')} = ANY($2::text[]) AND ready = 1`,
  },
  { name: 'listeners', text: `${listeners} awaited = ANY($1::text[])` },
  { name: 'callback_pairs', text: byPair(CALLBACKS) },
  { name: 'listener_pairs', text: byPair(LISTENERS) },
  ...[PRELOAD, FENCE_PRELOAD].map((bound) => ({ name: branchesName(bound), text: branches(rowLimit(bound)) })),
];

const locked = (name: string, locking: boolean) => (locking ? `lock_${name}` : name);

/** Every statement sees what was committed before it began, so what is read after a lock can't change any more. */
export const LOAD: LoadSql<Query> = {
  promises: (ids, share, locking) => ({ name: locked('promises', locking), values: [array(ids), String(share)] }),
  tasks: (ids, settlements, locking) => ({
    name: locked('tasks', locking),
    values: [array(ids), array(settlements)],
  }),
  schedules: (ids, locking) => ({ name: locked('schedules', locking), values: [array(ids)] }),
  callbacks: (settlements, resumed) => ({ name: 'callbacks', values: [array(settlements), array(resumed)] }),
  callbackPairs: (pairs) => ({
    name: 'callback_pairs',
    values: [array(pairs.map(({ awaited }) => awaited)), array(pairs.map(({ awaiter }) => awaiter))],
  }),
  listeners: (settlements) => ({ name: 'listeners', values: [array(settlements)] }),
  listenerPairs: (pairs) => ({
    name: 'listener_pairs',
    values: [array(pairs.map(({ awaited }) => awaited)), array(pairs.map(({ address }) => address))],
  }),
  branches: ({ names, ofPromises, bound }) => ({
    name: branchesName(bound),
    values: [array(names), array(ofPromises), String(bound.bytes)],
  }),
};
