import { inList, type Words } from '../../sql/words.ts';
import { RECORD_TABLES } from '../../tables.ts';
import { byKeys } from './by-keys.ts';
import { LISTENERS_WAITING, TASKS_WAITING } from './outbox.ts';

export const WORDS: Words = {
  /** `COALESCE` with one argument returns it, and no index has this expression. */
  noIndex: (column) => `COALESCE(${column})`,
  /** Several indexes begin with the state. Without a hint the optimizer chooses one by its statistics. */
  useIndex: (index) => ` FORCE INDEX (${index})`,
  limit: '?',
  tasksByTarget: `${TASKS_WAITING.from} WHERE ${TASKS_WAITING.where}`,
  listenersByTarget: `${LISTENERS_WAITING.from} WHERE ${LISTENERS_WAITING.where}`,
  listenersByAge: 'listeners FORCE INDEX (listeners_age) WHERE is_due = 1',
  byAwaiter: (column) => column,
  byKey: (table) => `${table} FORCE INDEX (PRIMARY)`,
  lock: ' FOR UPDATE',
  insertNew: (into, select) => `INSERT IGNORE INTO ${into} ${select}`,
  orUpdate: (_, columns) => `ON DUPLICATE KEY UPDATE ${columns.map((name) => `${name} = VALUES(${name})`).join(', ')}`,
  rowsWithKeys(table, keys, locks = false) {
    const { sql, params } = byKeys(table.name, table.key, keys);
    const order = table.key.map((column) => `t.${column}`).join(', ');
    return { sql: `SELECT ${table.list('t')} FROM ${sql} ${locks ? `ORDER BY ${order} FOR UPDATE` : ''}`, params };
  },
  among: inList,
  remove: (table, key, rows) => {
    const { sql, params } = byKeys(table, key, rows);
    return [{ sql: `DELETE t FROM ${sql}`, params }];
  },
  settingKey: 'name',
  reset: RECORD_TABLES.map((table) => `DELETE FROM ${table}`),
  analyze: RECORD_TABLES.map((table) => `ANALYZE LOCAL TABLE ${table}`),
};
