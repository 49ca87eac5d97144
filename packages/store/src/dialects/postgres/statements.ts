import { BEGIN, BEGIN_READING, COMMIT, type Prepared, type Query, type Session } from '@resonate/drivers/postgres';
import type { Statement } from '../../sql/statement.ts';
import { CALLBACKS, CALLS, LISTENERS, TASKS } from '../../tables.ts';
import { sharedSql } from '../base.ts';
import type { ServerSql } from '../server/dialect.ts';
import { heartbeatSql } from '../server/heartbeat.ts';
import { BATCH_STATEMENTS, numberBatch } from './batches.ts';
import { LOAD, LOAD_STATEMENTS } from './load.ts';
import { CLOCK_MS, OUTBOX_STATEMENTS } from './outbox.ts';
import { unchanged, UNCHANGED_STATEMENTS } from './unchanged.ts';
import { WORDS } from './words.ts';
import { writes, WRITE_STATEMENTS } from './write.ts';

const SHARED = { ...sharedSql(WORDS), heartbeat: heartbeatSql(WORDS, CLOCK_MS) };

const { rowsWithKeys } = WORDS;
const WITH_KEYS = {
  callback_pairs: rowsWithKeys(CALLBACKS, []),
  call_pairs: rowsWithKeys(CALLS, []),
  listener_pairs: rowsWithKeys(LISTENERS, []),
  lock_messages_tasks: rowsWithKeys(TASKS, [], true),
  lock_messages_listeners: rowsWithKeys(LISTENERS, [], true),
};

/**
 * Every statement has an index, so other plans are switched off: they are better only on small tables, or seem better
 * while statistics are old. Each statement is planned once per connection. With `auto`, a look-up of ids in an array is
 * planned every time, which took a quarter of the database's CPU for a single settle. Parallel workers are off: a
 * statement reads one page of rows, and starting a worker took 5 ms (a search for `resolved` among 500,000 promises).
 */
export const PLANNING = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
};

/** The statements that every connection prepares. */
export const PREPARED: readonly Prepared[] = [
  ...LOAD_STATEMENTS,
  ...WRITE_STATEMENTS,
  ...BATCH_STATEMENTS,
  ...UNCHANGED_STATEMENTS,
  ...OUTBOX_STATEMENTS,
  ...Object.entries(WITH_KEYS).map(([name, { sql }]) => ({ name, text: numbered(sql) })),
  ...Object.entries(SHARED).map(([name, sql]) => ({ name, text: numbered(sql) })),
];

const NAMES = new Map(PREPARED.map(({ name, text }) => [text, name]));

export const SQL: ServerSql<Query, Session> = {
  words: WORDS,
  query,
  begin: [BEGIN],
  /**
   * The commit does not wait for the disk. A crash may undo a claim or an acknowledgement; then the message is sent again,
   * as may happen anyway. The rows that a claim hands out are on the disk, because other transactions see a batch only
   * after its commit was flushed. A later request that builds on a claim waits for its own commit, which is later in the log.
   */
  beginLoosely: [BEGIN, { name: 'unsynced' }],
  beginReading: [BEGIN_READING],
  beginBatch: () => [BEGIN],
  endBatch: (session, now) => [numberBatch(session, now), COMMIT],
  commit: COMMIT,
  clock: { name: 'clock' },
  clockMs: CLOCK_MS,
  load: LOAD,
  writes,
  unchanged,
};

/** Uses the prepared statement with this text, if there is one. */
function query({ sql, params }: Statement): Query {
  const text = numbered(sql);
  const name = NAMES.get(text);
  const values = params.map((param) => (param === null ? null : String(param)));
  return name === undefined ? { text, values } : { name, values };
}

/** Replaces each `?` by $1, $2 and so on. */
export function numbered(sql: string): string {
  let place = 0;
  return sql.replaceAll('?', () => `$${++place}`);
}
