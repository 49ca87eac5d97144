import { list } from '@resonate/drivers/mysql';
import type { Table } from '../../sql/table.ts';
import { CALLBACKS, LISTENERS, PROMISES, SCHEDULES, TASKS } from '../../tables.ts';
import { branchColumns, rowLimit, type WantedBranches } from '../branches.ts';
import type { LoadSql } from '../server/load.ts';
import { sharedList, type Sized } from '../shares.ts';

/** MySQL keeps the order of a derived table only if it has a LIMIT. */
const ALL = '18446744073709551615';

const forUpdate = (locking: boolean) => (locking ? ' FOR UPDATE' : '');

/** Index hints prevent scans of small tables. A scan would lock, and wait for, rows that the statement does not name. */
export const LOAD: LoadSql<string> = {
  promises: (ids, share, locking) => shared(PROMISES, ids, share) + forUpdate(locking),
  schedules: (ids, share, locking) => shared(SCHEDULES, ids, share) + forUpdate(locking),
  tasks: (ids, settlements, locking) =>
    (settlements.size > 0 ? tasksAndAwaiters(ids, settlements) : byId(TASKS, ids)) + forUpdate(locking),
  callbacks(settlements, resumed) {
    const selects: string[] = [];
    if (settlements.size > 0) {
      selects.push(where(CALLBACKS, 'PRIMARY', `awaited IN ${list(settlements)}`));
      selects.push(where(CALLBACKS, 'callbacks_awaiter', `awaiter IN ${list(settlements)}`));
    }
    if (resumed.size > 0)
      selects.push(where(CALLBACKS, 'callbacks_awaiter', `awaiter IN ${list(resumed)} AND ready = 1`));
    return selects.join('\nUNION ALL ');
  },
  listeners: (settlements) => where(LISTENERS, 'PRIMARY', `awaited IN ${list(settlements)}`),
  branches,
};

function shared(table: Sized, ids: ReadonlySet<string>, share: number): string {
  return `SELECT ${sharedList(table, String(share))} FROM ${table.name} AS t FORCE INDEX (PRIMARY)
    WHERE id IN ${list(ids)} ORDER BY id`;
}

function byId<Row>(table: Table<Row>, ids: ReadonlySet<string>): string {
  return `${where(table, 'PRIMARY', `id IN ${list(ids)}`)} ORDER BY id`;
}

function where<Row>(table: Table<Row>, index: string, condition: string): string {
  return `SELECT ${table.list()} FROM ${table.name} FORCE INDEX (${index}) WHERE ${condition}`;
}

/** Named tasks and awaiters in byte order. The promises are locked before, so no awaiter can be added any more. */
function tasksAndAwaiters(tasks: ReadonlySet<string>, settlements: ReadonlySet<string>): string {
  const named = `SELECT id FROM tasks FORCE INDEX (PRIMARY) WHERE id IN ${list(tasks)}`;
  const awaiters = `SELECT awaiter FROM callbacks FORCE INDEX (PRIMARY) WHERE awaited IN ${list(settlements)}`;
  const ids = `(${named} UNION ${awaiters} ORDER BY id LIMIT ${ALL})`;
  return `SELECT ${TASKS.list('t')} FROM ${ids} n STRAIGHT_JOIN tasks t FORCE INDEX (PRIMARY) ON t.id = n.id`;
}

/**
 * The promises of the wanted branches within the bound, and the first promise of each branch beyond it. All branches share
 * one limit, so a very large branch may leave no rows for others; the last column says so. With a limit per branch
 * (UNION ALL), 64 branches took 12 ms instead of 1 ms.
 */
function branches({ names, ofPromises, bound }: WantedBranches): string {
  const most = (names.size + ofPromises.size) * rowLimit(bound);
  const bytes = `${PROMISES.bytes('promises')} AS bytes`;
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
  return `SELECT ${branchColumns(`s.total <= ${bound.bytes}`)}, s.found >= ${most}
    FROM (SELECT id, bytes, SUM(bytes) OVER (${walk} ROWS UNBOUNDED PRECEDING) AS total,
      ROW_NUMBER() OVER (${walk}) AS place, COUNT(*) OVER () AS found FROM (${all}) a) s
    STRAIGHT_JOIN promises p FORCE INDEX (PRIMARY) ON p.id = s.id
    WHERE s.place <= ${rowLimit(bound)} AND s.total - s.bytes <= ${bound.bytes}
    ORDER BY p.branch, p.id`;
}
