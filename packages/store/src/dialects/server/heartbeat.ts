import type { Statement } from '../../sql/statement.ts';
import type { Words } from '../../sql/words.ts';
import { PROCESSES, type Heartbeat } from '../../tables.ts';

const CLOCK_COLUMN = 'heartbeat_at';

/** Writes a process's row with the server's clock as its heartbeat. */
export function heartbeatSql({ orUpdate }: Words, clockMs: string): string {
  const { name, key, columns, columnList, mutableColumns } = PROCESSES;
  const values = columns.map((column) => (column.name === CLOCK_COLUMN ? clockMs : '?'));
  const mutable = mutableColumns.map((column) => column.name);
  return `INSERT INTO ${name} (${columnList}) VALUES (${values.join(', ')}) ${orUpdate(key, mutable)}`;
}

export function heartbeatOf(words: Words, clockMs: string, info: Heartbeat): Statement {
  const values = PROCESSES.valuesOf({ ...info, heartbeatAt: 0 });
  const params = values.filter((_, index) => PROCESSES.columns[index]?.name !== CLOCK_COLUMN);
  return { sql: heartbeatSql(words, clockMs), params };
}
