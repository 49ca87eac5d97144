import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inline } from '@resonate/drivers/mysql';
import { freshMysqlDatabase, mysqlForTests, mysqlServerName, rounds } from '@resonate/testkit';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import {
  dialectConformance,
  electionConformance,
  type DialectUnderTest,
  type Plan,
  type Search,
} from '../../conformance/index.ts';
import { MysqlDialect } from './dialect.ts';
import { inspect } from './inspect.ts';
import { WORDS } from './words.ts';
import { promiseStatements, taskStatements } from '../../sql/search.ts';

const server: { url: string; stop(): Promise<void> } = { url: '', stop: async () => {} };
beforeAll(async () => Object.assign(server, await mysqlForTests()));
afterAll(() => server.stop());

async function select(url: string, sql: string): Promise<RowDataPacket[]> {
  const connection = await createConnection(url);
  try {
    return (await connection.query<RowDataPacket[]>(sql))[0];
  } finally {
    await connection.end();
  }
}

const TABLES: Record<string, string> = { t: 'promise_tags', o: 'promise_tags', p: 'promises', k: 'tasks' };

async function explain(url: string, search: Search): Promise<Plan> {
  const statements =
    'statements' in search
      ? search.statements
      : 'promises' in search
        ? promiseStatements(search.promises, WORDS)
        : taskStatements(search.tasks, WORDS);
  const found: Plan = { indexes: [], scans: [] };
  for (const statement of statements.map(({ sql, params }) => inline(sql, params))) {
    for (const { table, type, key, Extra } of await select(url, `EXPLAIN FORMAT=TRADITIONAL ${statement}`)) {
      const name = TABLES[String(table)] ?? String(table);
      found.indexes.push(key === 'PRIMARY' ? `${name}_pkey` : String(key));
      if (type === 'ALL' || type === 'index' || String(Extra).includes('filesort'))
        found.scans.push(`${String(type)} ${String(Extra)} ${name}`);
    }
  }
  return found;
}

/**
 * CI runs this suite on MariaDB or on MySQL. It replays a sixteenth of the traces, which are most of its time, and only MySQL
 * awaits 40,000 promises. `npm run test:thorough` runs everything on the given one.
 */
const TRACE_PARTS = rounds(16, 1);
const [TRACE_PART, AWAITED] = mysqlServerName() === 'mysql' ? [1, 40_000] : [0, rounds(10_000, 40_000)];

const underTest = (election: 'advisory' | 'lease'): DialectUnderTest => ({
  isShared: true,
  takesTrace: (number) => number % TRACE_PARTS === TRACE_PART % TRACE_PARTS,
  awaited: AWAITED,
  async create() {
    const { url, drop } = await freshMysqlDatabase(server.url);
    const options = { url, poolSize: 10, connectTimeoutMs: 10_000, statementTimeoutMs: 30_000, election };
    return {
      open: async () => new MysqlDialect(options),
      drop,
      async openReadOnly() {
        const migrated = new MysqlDialect(options);
        await migrated.migrate();
        await migrated.close();
        // A new session gets the global value.
        const [variable] = await select(
          url,
          "SHOW GLOBAL VARIABLES WHERE variable_name IN ('tx_read_only', 'transaction_read_only')",
        );
        const name = String(variable?.['Variable_name']);
        await select(url, `SET GLOBAL ${name} = ON`);
        const dialect = new MysqlDialect(options);
        const close = dialect.close.bind(dialect);
        dialect.close = async () => {
          await close();
          await select(url, `SET GLOBAL ${name} = OFF`);
        };
        return dialect;
      },
      pretendNewer: async () => {
        await select(url, "INSERT INTO migrations (version, name, steps_done, finished) VALUES (9999, 'later', 1, 1)");
      },
      explain: (search) => explain(url, search),
    };
  },
});

test.each(['read_only', 'transaction read-only'])('an inspection reports that a server is %s', async (kind) => {
  const { url, drop } = await freshMysqlDatabase(server.url);
  const options = { url, poolSize: 1, connectTimeoutMs: 10_000, statementTimeoutMs: 30_000 };
  const set = (mode: 'ONLY' | 'WRITE') =>
    select(
      url,
      kind === 'read_only'
        ? `SET GLOBAL read_only = ${mode === 'ONLY' ? 1 : 0}`
        : `SET GLOBAL TRANSACTION READ ${mode}`,
    );
  try {
    expect(await inspect(options)).toMatchObject({ isReadOnly: false });
    await set('ONLY');
    expect(await inspect(options)).toMatchObject({ isReadOnly: true });
  } finally {
    await set('WRITE');
    await drop();
  }
});

test('a server with read_only, as a replica has it, is used neither to write nor to read', async () => {
  const { url, drop } = await freshMysqlDatabase(server.url);
  const options = {
    url,
    poolSize: 1,
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 30_000,
    election: 'advisory',
  } as const;
  const migrated = new MysqlDialect(options);
  await migrated.migrate();
  await migrated.close();
  const dialect = new MysqlDialect(options);
  try {
    await select(url, 'SET GLOBAL read_only = 1');
    await expect(dialect.now()).rejects.toThrow('the server is read-only');
    await expect(dialect.elect('scheduler', 'me')).rejects.toThrow('the server is read-only');
    await select(url, 'SET GLOBAL read_only = 0');
    expect(await dialect.now()).toBeGreaterThan(0);
  } finally {
    await select(url, 'SET GLOBAL read_only = 0');
    await dialect.close();
    await drop();
  }
});

dialectConformance('MySQL', underTest('advisory'));
describe('MySQL that elects by lease row', () => electionConformance(underTest('lease')));
