import { afterAll, beforeAll, describe } from '@jest/globals';
import { freshPostgresDatabase, postgresForTests, rounds } from '@resonate/testkit';
import pg from 'pg';
import {
  dialectConformance,
  electionConformance,
  type DialectUnderTest,
  type Plan,
  type Search,
} from '../../conformance/index.ts';
import { promiseStatements, taskStatements } from '../../sql/search.ts';
import { PostgresDialect } from './dialect.ts';
import { numbered } from './statements.ts';
import { WORDS } from './words.ts';
import { planNodes } from './plan.fixture.ts';

const OPTIONS = { poolSize: 5, connectTimeoutMs: 10_000, statementTimeoutMs: 30_000 };

let server: Awaited<ReturnType<typeof postgresForTests>>;
beforeAll(async () => {
  // Other tests check what commits survive. Without waiting for the disk, this one takes a third of the time.
  server = await postgresForTests({ synchronous_commit: 'off' });
});
afterAll(() => server.stop());

async function explain(url: string, search: Search): Promise<Plan> {
  const statements =
    'statements' in search
      ? search.statements
      : 'promises' in search
        ? promiseStatements(search.promises, WORDS)
        : taskStatements(search.tasks, WORDS);
  const plan: Plan = { indexes: [], scans: [] };
  for (const { sql } of statements) {
    for (const node of await planNodes(url, numbered(sql))) {
      if (node['Index Name']) plan.indexes.push(node['Index Name']);
      if (/Sort|Seq Scan|Bitmap|Gather/.test(node['Node Type'])) plan.scans.push(node['Node Type']);
    }
  }
  return plan;
}

async function execute(url: string, text: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** CI replays a sixteenth of the traces, `npm run test:thorough` all. On SQLite all are replayed always. */
const TRACE_PARTS = rounds(16, 1);

const underTest = (byLease: boolean): DialectUnderTest => ({
  isShared: true,
  takesTrace: (number) => number % TRACE_PARTS === 0,
  async create() {
    const { url, drop } = await freshPostgresDatabase(server.url);
    return {
      open: async () => new PostgresDialect({ ...OPTIONS, url }, byLease),
      drop,
      pretendNewer: () => execute(url, "INSERT INTO schema_migrations (version, name) VALUES (9999, 'later')"),
      async openReadOnly() {
        const migrated = new PostgresDialect({ ...OPTIONS, url }, byLease);
        await migrated.migrate();
        await migrated.close();
        const name = pg.escapeIdentifier(new URL(url).pathname.slice(1));
        await execute(url, `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
        return new PostgresDialect({ ...OPTIONS, url }, byLease);
      },
      explain: (search) => explain(url, search),
    };
  },
});

// Behind such a pooler, the lock of a connection does not last.
const needsLease = process.env['TEST_POSTGRES_POOLER'] === 'transaction';

dialectConformance('Postgres', underTest(needsLease));
describe('Postgres that elects by lease row', () => electionConformance(underTest(true)));
