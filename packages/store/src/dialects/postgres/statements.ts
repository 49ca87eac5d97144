import type { Statement } from '../../sql/statement.ts';
import { CALLBACKS, LISTENERS, TASKS } from '../../tables.ts';
import { sharedSql } from '../base.ts';
import type { ServerSql } from '../server/dialect.ts';
import { heartbeatSql } from '../server/heartbeat.ts';
import { BATCH_STATEMENTS, numberBatch } from './batches.ts';
import { LOAD, LOAD_STATEMENTS } from './load.ts';
import { CLOCK_MS, OUTBOX_STATEMENTS } from './outbox.ts';
import type { Prepared, Query } from './pipeline.ts';
import type { Session } from './session.ts';
import { WORDS } from './words.ts';
import { writes, WRITE_STATEMENTS } from './write.ts';

const SHARED = { ...sharedSql(WORDS), heartbeat: heartbeatSql(WORDS, CLOCK_MS) };

const { rowsWithKeys } = WORDS;
const WITH_KEYS = {
  callback_pairs: rowsWithKeys(CALLBACKS, []),
  listener_pairs: rowsWithKeys(LISTENERS, []),
  lock_messages_tasks: rowsWithKeys(TASKS, [], true),
  lock_messages_listeners: rowsWithKeys(LISTENERS, [], true),
};

/** The statements that every connection prepares. */
export const PREPARED: readonly Prepared[] = [
  { name: 'begin', text: 'BEGIN ISOLATION LEVEL READ COMMITTED' },
  { name: 'begin_reading', text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' },
  { name: 'commit', text: 'COMMIT' },
  { name: 'clock', text: `SELECT ${CLOCK_MS}` },
  ...LOAD_STATEMENTS,
  ...WRITE_STATEMENTS,
  ...BATCH_STATEMENTS,
  ...OUTBOX_STATEMENTS,
  ...Object.entries(WITH_KEYS).map(([name, { sql }]) => ({ name, text: numbered(sql) })),
  ...Object.entries(SHARED).map(([name, sql]) => ({ name, text: numbered(sql) })),
];

const NAMES = new Map(PREPARED.map(({ name, text }) => [text, name]));
const BEGIN: Query = { name: 'begin' };
const COMMIT: Query = { name: 'commit' };

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
  beginReading: [{ name: 'begin_reading' }],
  beginBatch: () => [BEGIN],
  endBatch: (session, now) => [numberBatch(session, now), COMMIT],
  commit: COMMIT,
  clock: { name: 'clock' },
  clockMs: CLOCK_MS,
  load: LOAD,
  writes,
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
