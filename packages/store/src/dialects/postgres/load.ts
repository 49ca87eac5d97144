import { FENCE_PRELOAD, PRELOAD, type Loaded, type Needs, type PreloadBound } from '@resonate/machine';
import { CALLBACKS, LISTENERS, readList, SCHEDULES, TASKS, type Table } from '../../tables.ts';
import { branchColumns, rowLimit, takeBranches, wantedBranches } from '../branches.ts';
import { promiseBytes } from '../promise-columns.ts';
import { decodeShared, sharedList, shareOf } from '../shares.ts';
import type { Prepared, Query, Rows } from './pipeline.ts';
import { byAwaiter } from './words.ts';

/** A query and where its rows go. */
interface Step {
  query: Query;
  take(rows: Rows): void;
}

const byId = <Row>(table: Table<Row>, ids: string) =>
  `SELECT ${readList(table)} FROM ${table.name} WHERE id = ANY(${ids}) ORDER BY id`;
const callbacks = `SELECT ${readList(CALLBACKS)} FROM callbacks WHERE`;
const listeners = `SELECT ${readList(LISTENERS)} FROM listeners WHERE`;
/** Read in the statement that locks the tasks: after the promises' locks, so no awaiter can join any more. */
const withAwaiters =
  'ARRAY(SELECT unnest($1::text[]) UNION ALL SELECT awaiter FROM callbacks WHERE awaited = ANY($2::text[]))';
/** Looked up one by one: with a plain join, a plan that was made for an empty table reads all of it for each pair. */
const byPair = <Row>(table: Table<Row>) => {
  const [first, second] = table.key;
  return `SELECT found.* FROM unnest($1::text[], $2::text[]) AS pair(first, second)
    CROSS JOIN LATERAL (SELECT ${readList(table, 't')} FROM ${table.name} t
      WHERE t.${first} = pair.first AND t.${second} = pair.second OFFSET 0) AS found`;
};
const promises = `SELECT ${sharedList('$2::bigint')} FROM promises AS p WHERE id = ANY($1::text[]) ORDER BY id`;
const tasks = byId(TASKS, withAwaiters);
const schedules = byId(SCHEDULES, '$1::text[]');
/** The length of a long text is known without reading it: what is beyond the bytes stays where it is. */
const branches = (limit: number) => `SELECT ${branchColumns('p.total <= $3::bigint')}
  FROM (SELECT unnest($1::text[]) UNION SELECT branch FROM promises WHERE id = ANY($2::text[])) AS wanted(name)
  CROSS JOIN LATERAL (
    SELECT *, sum(bytes) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS total FROM (
      SELECT *, ${promiseBytes('promises')} AS bytes
      FROM promises WHERE branch = wanted.name ORDER BY id LIMIT ${limit}
    ) AS first
  ) AS p WHERE p.total - p.bytes <= $3::bigint`;
/** A statement for each bound: with the limit as a parameter the plan would be made for an unknown one. */
const branchesName = (bound: PreloadBound) => `branches_${bound.promises}`;

export const CLOCK: Query = { name: 'clock' };

export const LOAD_STATEMENTS: Prepared[] = [
  { name: 'begin', text: 'BEGIN ISOLATION LEVEL READ COMMITTED' },
  { name: 'begin_reading', text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' },
  { name: 'commit', text: 'COMMIT' },
  { name: 'clock', text: 'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)' },
  { name: 'promises', text: promises },
  { name: 'lock_promises', text: `${promises} FOR UPDATE` },
  { name: 'tasks', text: tasks },
  { name: 'lock_tasks', text: `${tasks} FOR UPDATE` },
  { name: 'schedules', text: schedules },
  { name: 'lock_schedules', text: `${schedules} FOR UPDATE` },
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

/**
 * The load round trip: with `locking`, the lock ladder. Every statement sees what was committed before it began, so
 * what is read after a lock can't change any more. The clock comes last: no batch that had to wait for another one's
 * locks has an earlier time than that one.
 */
export class Load {
  readonly loaded: Loaded = {
    promises: [],
    tasks: [],
    callbacks: [],
    listeners: [],
    schedules: [],
    branches: [],
    cutBranches: [],
  };
  now = 0;
  readonly #steps: Step[] = [];
  readonly #locking: boolean;

  constructor(needs: Needs, locking: boolean) {
    this.#locking = locking;
    const { loaded } = this;
    const settlements = array(needs.settlements);
    const lock = locking ? 'lock_' : '';
    if (needs.promises.size > 0) {
      const values = [array(needs.promises), String(shareOf(needs))];
      const take = (rows: Rows) => void loaded.promises.push(...decodeShared(rows));
      this.#steps.push({ query: { name: `${lock}promises`, values }, take });
    }
    if (needs.tasks.size > 0) this.#add(`${lock}tasks`, [array(needs.tasks), settlements], TASKS, loaded.tasks);
    if (needs.schedules.size > 0) this.#add(`${lock}schedules`, [array(needs.schedules)], SCHEDULES, loaded.schedules);
    if (needs.settlements.size + needs.resumed.size > 0) {
      this.#add('callbacks', [settlements, array(needs.resumed)], CALLBACKS, loaded.callbacks);
    }
    if (needs.settlements.size > 0) this.#add('listeners', [settlements], LISTENERS, loaded.listeners);
    if (needs.callbacks.size > 0) {
      const pairs = [...needs.callbacks.values()];
      const keys = [array(pairs.map((pair) => pair.awaited)), array(pairs.map((pair) => pair.awaiter))];
      this.#add('callback_pairs', keys, CALLBACKS, loaded.callbacks);
    }
    if (needs.listeners.size > 0) {
      const pairs = [...needs.listeners.values()];
      const keys = [array(pairs.map((pair) => pair.awaited)), array(pairs.map((pair) => pair.address))];
      this.#add('listener_pairs', keys, LISTENERS, loaded.listeners);
    }
    for (const { names, ofPromises, bound } of wantedBranches(needs)) {
      const values = [array(names), array(ofPromises), String(bound.bytes)];
      const take = (rows: Rows) => takeBranches(loaded, rows, bound);
      this.#steps.push({ query: { name: branchesName(bound), values }, take });
    }
  }

  get queries(): Query[] {
    const queries = [...this.#steps.map((step) => step.query), CLOCK];
    if (this.#locking) return [{ name: 'begin' }, ...queries];
    // Several statements read one state of the database.
    return this.#steps.length > 1 ? [{ name: 'begin_reading' }, ...queries, { name: 'commit' }] : queries;
  }

  /** @param results of `queries`. */
  take(results: Rows[]): void {
    const first = this.#locking || this.#steps.length > 1 ? 1 : 0;
    this.#steps.forEach((step, index) => step.take(results[first + index] ?? []));
    this.now = Number(results[first + this.#steps.length]?.[0]?.[0]);
  }

  #add<Row>(name: string, values: string[], table: Table<Row>, into: Row[]): void {
    const take = (rows: Rows) => {
      for (const row of rows) into.push(table.decode(row));
    };
    this.#steps.push({ query: { name, values }, take });
  }
}

/** The text form of a text array. */
export function array(texts: Iterable<string>): string {
  const quoted: string[] = [];
  for (const text of texts) quoted.push(`"${/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`);
  return `{${quoted.join(',')}}`;
}
