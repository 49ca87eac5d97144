import type { PlainWords } from '../../sql/plain-sql.ts';
import { RECORD_TABLES } from '../../tables.ts';
import type { Hints } from '../base.ts';
import { byKeys } from './by-keys.ts';
import { LISTENERS_WAITING, TASKS_WAITING } from './outbox.ts';

export const HINTS: Hints = {
  /** An expression has no index. */
  noIndex: (column) => `COALESCE(${column})`,
  /** Several indexes begin with the state; which one the optimizer takes follows from its statistics. */
  useIndex: (index) => ` FORCE INDEX (${index})`,
  limit: '?',
};

export const WORDS: PlainWords = {
  tasksByTarget: `${TASKS_WAITING.from} WHERE ${TASKS_WAITING.where}`,
  listenersByTarget: `${LISTENERS_WAITING.from} WHERE ${LISTENERS_WAITING.where}`,
  listenersByAge: 'listeners FORCE INDEX (listeners_age) WHERE is_due = 1',
  at: (index) => ` FORCE INDEX (${index})`,
  byAwaiter: (column) => column,
  byKey: (table) => `${table} FORCE INDEX (PRIMARY)`,
  insertNew: (into, select) => `INSERT IGNORE INTO ${into} ${select}`,
  bySettlement: 'promises FORCE INDEX (promises_settled) WHERE settled_at IS NOT NULL',
  byOrigin: 'promises FORCE INDEX (promises_origin) WHERE origin IS NOT NULL',
  lock: ' FOR UPDATE',
  remove: (table, key, rows) => {
    const { sql, params } = byKeys(table, key, rows);
    return [{ sql: `DELETE t FROM ${sql}`, params }];
  },
  analyze: RECORD_TABLES.map((table) => `ANALYZE LOCAL TABLE ${table}`),
};
