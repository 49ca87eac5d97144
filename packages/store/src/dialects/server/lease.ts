import type { Leadership } from '../../dialect.ts';
import { text } from '../../sql/read.ts';
import type { Statement } from '../../sql/statement.ts';
import type { Words } from '../../sql/words.ts';
import { Term } from './term.ts';

/** A dead leader is replaced this long after its last renewal. The locks of Postgres and MySQL are freed after the same time. */
const LEASE_MS = 3_000;
const RENEW_LEASE_MS = 500;
/** The holder stops this long before its lease ends in the database, because clocks run at different speeds. */
const MARGIN_MS = 500;

/** How leases are read and written. A role has one row; any process may take it when the lease has ended. */
export interface LeaseSql {
  words: Words;
  /** The server's clock as an expression, epoch ms. */
  clockMs: string;
  /** Runs one transaction, maybe twice. */
  run(statements: Statement[]): Promise<unknown[][][]>;
}

/** Elects by a row in `leases`. Needs no lock that belongs to a connection. */
export async function electByLease(sql: LeaseSql, role: string, holder: string): Promise<Leadership | null> {
  const since = performance.now();
  if (!(await take(sql, role, holder))) return null;
  const options = {
    renew: () => take(sql, role, holder),
    everyMs: RENEW_LEASE_MS,
    validMs: LEASE_MS - MARGIN_MS,
    giveUp: async () => {
      await sql.run([{ sql: 'DELETE FROM leases WHERE role = ? AND holder = ?', params: [role, holder] }]);
    },
  };
  return new Term(options, since);
}

/** Takes or renews the role; false while another holder's lease lasts. */
async function take({ words, clockMs, run }: LeaseSql, role: string, holder: string): Promise<boolean> {
  const mine = `holder = ? OR ends_at <= ${clockMs}`;
  const [, , rows] = await run([
    {
      sql: `UPDATE leases SET ends_at = ${clockMs} + ${LEASE_MS}, holder = ? WHERE role = ? AND (${mine})`,
      params: [holder, role, holder],
    },
    {
      sql: words.insertNew('leases (role, holder, ends_at)', `SELECT ?, ?, ${clockMs} + ${LEASE_MS}`),
      params: [role, holder],
    },
    { sql: 'SELECT holder FROM leases WHERE role = ?', params: [role] },
  ]);
  return rows?.[0] !== undefined && text(rows[0][0]) === holder;
}
