import type { Prepared, Query } from '@resonate/drivers/postgres';
import type { Assumed } from '../server/remembered.ts';
import { CLOCK_MS } from './outbox.ts';
import { array, byAwaiter } from './words.ts';

/**
 * Checks that rows did not change since they were read. The version of a row is its `xmin`, the transaction that wrote it; a
 * lock does not change it. Another server, such as a promoted standby, may use the same number again. So the time at which the
 * server started is compared, too.
 */
const SERVER = 'extract(epoch FROM pg_postmaster_start_time())';

/** How far, in ms, the assumed time may be ahead of the clock, and how far behind, because the batch waited for locks. */
const MAX_AHEAD_MS = 5;
const MAX_BEHIND_MS = 250;

/** Locks rows in the order of their ids. True if all have the assumed versions. */
const areSame = (table: string) => `(SELECT count(*) FROM (
    SELECT 1 FROM ${table} AS t WHERE id = ANY($1::text[])
      AND t.xmin::text = ($2::text[])[array_position($1::text[], t.id)] ORDER BY id FOR UPDATE
  ) AS same) = cardinality($1::text[])`;

/** Runs after the promises are locked, so nobody can add a callback or a listener any more. */
const AS_ASSUMED = `${areSame('tasks')}
  AND NOT EXISTS (SELECT FROM callbacks WHERE awaited = ANY($3::text[]))
  AND NOT EXISTS (SELECT FROM callbacks WHERE ${byAwaiter('awaiter')} = ANY($3::text[]))
  AND (SELECT count(*) = cardinality($7::text[]) AND bool_and(coalesce(
      xmin::text = ($8::text[])[array_position($7::text[], octet_length(awaited) || ':' || awaited || address)], false)) IS NOT FALSE
    FROM listeners WHERE awaited = ANY($3::text[]))
  AND NOT EXISTS (SELECT FROM promises WHERE branch = ANY($4::text[]))
  AND ${SERVER}::text = $5 AND ${CLOCK_MS} BETWEEN $6::bigint - ${MAX_AHEAD_MS} AND $6::bigint + ${MAX_BEHIND_MS}`;

/** Fails unless the condition is true: the text is no number, so the cast fails, and the text appears in the error. */
const orFail = (condition: string) => `SELECT ${CLOCK_MS}, ${SERVER}, CASE WHEN holds IS TRUE THEN 1
    ELSE ('resonate-server: remembered rows have changed, so the batch reads them; ' || coalesce(holds::text, ''))::int END
  FROM (SELECT ${condition} AS holds) AS checked`;

export const UNCHANGED_STATEMENTS: Prepared[] = [
  { name: 'clock', text: `SELECT ${CLOCK_MS}, ${SERVER}` },
  { name: 'unchanged_promises', text: orFail(areSame('promises')) },
  { name: 'unchanged_tasks', text: orFail(AS_ASSUMED) },
];

export function unchanged({ promises, tasks, settlements, listeners, branches, server, now }: Assumed): Query[] {
  const known = (rows: ReadonlyMap<string, string>) => [array(rows.keys()), array(rows.values())];
  // The length distinguishes two keys whose joined texts are equal.
  const byKey = new Map(
    listeners.map(({ awaited, address, version }) => [`${Buffer.byteLength(awaited)}:${awaited}${address}`, version]),
  );
  return [
    ...(promises.size > 0 ? [{ name: 'unchanged_promises', values: known(promises) }] : []),
    {
      name: 'unchanged_tasks',
      values: [...known(tasks), array(settlements), array(branches), server, String(now), ...known(byKey)],
    },
  ];
}
