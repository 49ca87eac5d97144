import type { Dialect } from '../dialect.ts';
import { PROMISES } from '../tables.ts';

/** How many ids one statement names. */
const AT_ONCE = 500;

/** The total size of these promises. The database knows the lengths without reading the texts. */
export async function bytesOfPromises(dialect: Dialect, ids: ReadonlySet<string>): Promise<number> {
  const all = [...ids];
  let bytes = 0;
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const some = all.slice(from, from + AT_ONCE);
    const places = some.map(() => '?').join(', ');
    const sql = `SELECT COALESCE(SUM(${PROMISES.bytes('p')}), 0) FROM promises AS p WHERE p.id IN (${places})`;
    const [rows] = await dialect.plain.select([{ sql, params: some }]);
    bytes += Number(rows?.[0]?.[0]);
  }
  return bytes;
}
