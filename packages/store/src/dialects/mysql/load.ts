import type { Loaded, Needs } from '@resonate/machine';
import { CALLBACKS, LISTENERS, readList, SCHEDULES, TASKS, type SqlValue, type Table } from '../../tables.ts';
import { branchColumns, rowLimit, takeBranches, wantedBranches, type WantedBranches } from '../branches.ts';
import { promiseBytes } from '../promise-columns.ts';
import { decodeShared, sharedList, shareOf } from '../shares.ts';
import { byKeys } from './by-keys.ts';
import type { Result } from './connection.ts';
import { inline, list, quote } from './literal.ts';

/** The server's clock when the statement began, epoch ms; sessions are in UTC. */
export const NOW = 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)';

/** A statement and where its rows go. */
interface Fetch {
  sql: string;
  into(loaded: Loaded, rows: unknown[][]): void;
}

/** MySQL keeps the order of a derived table only where a limit makes it matter. */
const ALL = '18446744073709551615';

/**
 * The statements that fetch what a batch needs, in the order of the lock ladder (design: one order for all). Named
 * index hints keep the optimizer from scanning a small table, which would wait for rows that nobody named.
 */
export function fetches(needs: Needs, lock: boolean): Fetch[] {
  const forUpdate = lock ? ' FOR UPDATE' : '';
  const found: Fetch[] = [];
  const add = <Row>(table: Table<Row>, key: keyof Loaded, selects: string[]) => {
    if (selects.length === 0) return;
    const into = (loaded: Loaded, rows: unknown[][]) => {
      for (const values of rows) (loaded[key] as Row[]).push(table.decode(values));
    };
    found.push({ sql: selects.join('\nUNION ALL '), into });
  };
  const byId = <Row>(table: Table<Row>, key: keyof Loaded, ids: Set<string>) => {
    if (ids.size > 0) add(table, key, [`${where(table, 'PRIMARY', `id IN ${list(ids)}`)} ORDER BY id${forUpdate}`]);
  };
  if (needs.promises.size > 0) {
    const sql = `SELECT ${sharedList(String(shareOf(needs)))} FROM promises AS p FORCE INDEX (PRIMARY)
      WHERE id IN ${list(needs.promises)} ORDER BY id${forUpdate}`;
    found.push({ sql, into: (loaded, rows) => void loaded.promises.push(...decodeShared(rows)) });
  }
  if (needs.settlements.size > 0) add(TASKS, 'tasks', [tasksAndAwaiters(needs) + forUpdate]);
  else byId(TASKS, 'tasks', needs.tasks);
  byId(SCHEDULES, 'schedules', needs.schedules);
  add(CALLBACKS, 'callbacks', callbacks(needs));
  add(LISTENERS, 'listeners', listeners(needs));
  for (const wanted of wantedBranches(needs)) {
    found.push({ sql: branches(wanted), into: (loaded, rows) => takeBranches(loaded, rows, wanted.bound) });
  }
  return found;
}

/** Puts the answers together. */
export function loadedFrom(found: readonly Fetch[], results: readonly Result[]): Loaded {
  const loaded: Loaded = {
    promises: [],
    tasks: [],
    callbacks: [],
    listeners: [],
    schedules: [],
    branches: [],
    cutBranches: [],
  };
  found.forEach(({ into }, index) => into(loaded, results[index]?.rows ?? []));
  return loaded;
}

function where<Row>(table: Table<Row>, index: string, condition: string): string {
  return `SELECT ${readList(table)} FROM ${table.name} FORCE INDEX (${index}) WHERE ${condition}`;
}

function withKeys<Row>(table: Table<Row>, keys: readonly (readonly SqlValue[])[]): string {
  const { sql, params } = byKeys(table.name, table.key, keys);
  return inline(`SELECT ${readList(table, 't')} FROM ${sql}`, params);
}

/**
 * Named tasks and, of the callbacks as they are now that the promises are locked, the awaiters, in one sweep in byte
 * order: two sweeps would lock in no order.
 */
function tasksAndAwaiters({ tasks, settlements }: Needs): string {
  const named = `SELECT id FROM tasks FORCE INDEX (PRIMARY) WHERE id IN ${list(tasks)}`;
  const awaiters = `SELECT awaiter FROM callbacks FORCE INDEX (PRIMARY) WHERE awaited IN ${list(settlements)}`;
  const ids = `(${named} UNION ${awaiters} ORDER BY id LIMIT ${ALL})`;
  return `SELECT ${readList(TASKS, 't')} FROM ${ids} n STRAIGHT_JOIN tasks t FORCE INDEX (PRIMARY) ON t.id = n.id`;
}

function callbacks({ settlements, resumed, callbacks }: Needs): string[] {
  const selects: string[] = [];
  if (settlements.size > 0) {
    selects.push(where(CALLBACKS, 'PRIMARY', `awaited IN ${list(settlements)}`));
    selects.push(where(CALLBACKS, 'callbacks_awaiter', `awaiter IN ${list(settlements)}`));
  }
  if (resumed.size > 0)
    selects.push(where(CALLBACKS, 'callbacks_awaiter', `awaiter IN ${list(resumed)} AND ready = 1`));
  if (callbacks.size > 0) {
    selects.push(
      withKeys(
        CALLBACKS,
        Array.from(callbacks.values(), ({ awaited, awaiter }) => [awaited, awaiter]),
      ),
    );
  }
  return selects;
}

function listeners({ settlements, listeners }: Needs): string[] {
  const selects: string[] = [];
  if (settlements.size > 0) selects.push(where(LISTENERS, 'PRIMARY', `awaited IN ${list(settlements)}`));
  if (listeners.size > 0) {
    selects.push(
      withKeys(
        LISTENERS,
        Array.from(listeners.values(), ({ awaited, address }) => [awaited, address]),
      ),
    );
  }
  return selects;
}

/** Spelt out: MariaDB finds no ranges in comparisons of rows. */
export function pair(column: string, value: string, other: string, otherValue: string): string {
  return `(${column} = ${quote(value)} AND ${other} = ${quote(otherValue)})`;
}

/**
 * The promises of the wanted branches within the bound, and the first one of each beyond it. The limit is one for all
 * branches together, so a branch much larger than the bound leaves less to the others, which are then answered in part: a
 * limit for each took 12 ms for 64 branches (UNION ALL), one for all 1.
 */
function branches({ names, ofPromises, bound }: WantedBranches): string {
  const most = (names.size + ofPromises.size) * rowLimit(bound);
  const bytes = `${promiseBytes('promises')} AS bytes`;
  const sizes: string[] = [];
  if (names.size > 0) {
    const named = `branch IN ${list(names)}`;
    sizes.push(`SELECT id, branch, ${bytes} FROM promises FORCE INDEX (promises_branch) WHERE ${named} LIMIT ${most}`);
  }
  if (ofPromises.size > 0) {
    const own = `SELECT DISTINCT branch AS name FROM promises FORCE INDEX (PRIMARY) WHERE id IN ${list(ofPromises)} AND branch IS NOT NULL`;
    sizes.push(`SELECT id, branch, ${bytes} FROM (${own}) w
      STRAIGHT_JOIN promises FORCE INDEX (promises_branch) ON branch = w.name LIMIT ${most}`);
  }
  const walk = 'PARTITION BY branch ORDER BY id';
  const all = sizes.map((select) => `(${select})`).join(' UNION ');
  return `SELECT ${branchColumns(`s.total <= ${bound.bytes}`)}
    FROM (SELECT id, bytes, SUM(bytes) OVER (${walk} ROWS UNBOUNDED PRECEDING) AS total,
      ROW_NUMBER() OVER (${walk}) AS place FROM (${all}) a) s
    STRAIGHT_JOIN promises p FORCE INDEX (PRIMARY) ON p.id = s.id
    WHERE s.place <= ${rowLimit(bound)} AND s.total - s.bytes <= ${bound.bytes}
    ORDER BY p.branch, p.id`;
}
