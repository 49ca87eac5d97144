import { BEGIN, COMMIT, inline, NOW, type Session } from '@resonate/drivers/mysql';
import type { ServerSql } from '../server/dialect.ts';
import { numberBatch } from './batches.ts';
import { LOAD } from './load.ts';
import { WORDS } from './words.ts';
import { writes } from './write.ts';

export const SQL: ServerSql<string, Session> = {
  words: WORDS,
  query: ({ sql, params }) => inline(sql, params),
  begin: [BEGIN],
  beginLoosely: [BEGIN],
  beginReading: ['SET TRANSACTION ISOLATION LEVEL REPEATABLE READ', `${BEGIN} WITH CONSISTENT SNAPSHOT, READ ONLY`],
  beginBatch: (session) => [BEGIN, numberBatch(session)],
  endBatch: () => [COMMIT],
  commit: COMMIT,
  clock: `SELECT ${NOW}`,
  clockMs: NOW,
  load: LOAD,
  writes,
};
