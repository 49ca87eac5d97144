import type { Rows } from '../server/connection.ts';
import type { Query } from './pipeline.ts';

/** Asks for the database's encoding; its answer is for `checkEncoding`. */
export const ENCODING: Query = { text: 'SHOW server_encoding' };

/** @throws when the database is not UTF-8: texts of clients would be refused or stored damaged. */
export function checkEncoding(answer: Rows | undefined): void {
  const encoding = String(answer?.[0]?.[0]);
  if (encoding === 'UTF8') return;
  throw new Error(
    `the Postgres database has the encoding ${encoding}, but it must be UTF8: create it with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0`,
  );
}
