import type { SqlValue } from '@resonate/drivers';
import { byteOrder } from '@resonate/protocol';
import { places } from '../../sql/conditions.ts';
import type { Statement } from '../../sql/statement.ts';

/**
 * Up to this many keys are written as `(a = … AND b = …) OR …`. MariaDB's time for that grows with the square of their
 * number: 10,000 keys took minutes. More keys are joined as a table.
 */
const MAX_OR_KEYS = 100;

/**
 * What follows `FROM` to find the rows with these keys, each by the primary key; the table is `t`. MariaDB uses no index
 * for comparisons of rows, such as `(a, b) IN (…)`.
 * @param key the columns of the primary key, all of them VARBINARY.
 */
export function byKeys(table: string, key: readonly string[], rows: readonly (readonly SqlValue[])[]): Statement {
  const found = `${table} t FORCE INDEX (PRIMARY)`;
  const [only] = key;
  if (key.length === 1) {
    return { sql: `${found} WHERE t.${only} IN (${places(rows)})`, params: rows.flat() };
  }
  if (rows.length <= MAX_OR_KEYS) {
    const one = `(${key.map((column) => `t.${column} = ?`).join(' AND ')})`;
    return { sql: `${found} WHERE ${rows.map(() => one).join(' OR ')}`, params: rows.flat() };
  }
  const columns = key.map((_, index) => `k${index} VARCHAR(1020) CHARACTER SET utf8mb4 PATH '$[${index}]'`);
  // Without the cast the collations differ, and MySQL uses no index.
  const same = key.map((column, index) => `t.${column} = CAST(k.k${index} AS BINARY)`);
  // In a subquery, because MySQL does not lock the rows of a JSON_TABLE: "appears in multiple locking clauses".
  const keys = `(SELECT * FROM JSON_TABLE(?, '$[*]' COLUMNS (${columns.join(', ')})) AS listed) AS k`;
  return {
    sql: `${keys} STRAIGHT_JOIN ${found} ON ${same.join(' AND ')}`,
    params: [JSON.stringify(rows.toSorted(byKey))],
  };
}

/** The order of the primary key. Rows of a join are locked in the order of the list, whatever ORDER BY says. */
function byKey(one: readonly SqlValue[], other: readonly SqlValue[]): number {
  const differs = one.findIndex((value, index) => value !== other[index]);
  return differs < 0 ? 0 : byteOrder(String(one[differs]), String(other[differs]));
}
