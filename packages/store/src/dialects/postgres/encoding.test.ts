import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { postgresForTests } from '@resonate/testkit';
import pg from 'pg';
import { inspectStore, openDialect, type StorageTarget } from '../../index.ts';

let server: Awaited<ReturnType<typeof postgresForTests>>;
beforeAll(async () => {
  server = await postgresForTests();
}, 60_000);
afterAll(() => server.stop());

test.each(['SQL_ASCII', 'LATIN1'])(
  'a database with the encoding %s is refused, at start and by doctor',
  async (encoding) => {
    const name = `encoded_${encoding.toLowerCase()}`;
    const admin = new pg.Client(server.url);
    await admin.connect();
    const icu = encoding === 'SQL_ASCII' ? "LOCALE_PROVIDER libc LOCALE 'C'" : "LOCALE 'C' LOCALE_PROVIDER libc";
    await admin.query(`CREATE DATABASE ${name} ENCODING '${encoding}' ${icu} TEMPLATE template0`);
    try {
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      const target = {
        ...{ type: 'postgres', url: url.href, poolSize: 1, connectTimeoutMs: 5_000, statementTimeoutMs: 5_000 },
        election: 'advisory',
      } satisfies StorageTarget;
      const refusal = new RegExp(`encoding ${encoding}, but it must be UTF8`);
      await expect(openDialect(target, Date.now)).rejects.toThrow(refusal);
      await expect(inspectStore(target, Date.now)).rejects.toThrow(refusal);
      const tables = "SELECT to_regclass('schema_migrations') AS found";
      const database = new pg.Client(url.href);
      try {
        await database.connect();
        const { rows } = await database.query<{ found: string | null }>(tables);
        expect(rows).toEqual([{ found: null }]);
      } finally {
        await database.end();
      }
    } finally {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
    }
  },
);
