import { afterAll, beforeAll, describe } from '@jest/globals';
import { freshPostgresDatabase, postgresForTests } from '@resonate/testkit';
import pg from 'pg';
import {
  dialectConformance,
  electionConformance,
  type DialectUnderTest,
  type Plan,
  type Search,
} from '../../conformance/index.ts';
import { promiseStatements, taskStatements } from '../search-sql.ts';
import { numbered, noIndex, PostgresDialect } from './dialect.ts';
import { SETTINGS } from './connections.ts';

const OPTIONS = { poolSize: 5, connectTimeoutMs: 10_000, statementTimeoutMs: 30_000 };

let server: Awaited<ReturnType<typeof postgresForTests>>;
beforeAll(async () => {
  // What commits must survive is another test's matter; this way this one takes a third of the time.
  server = await postgresForTests({ synchronous_commit: 'off' });
});
afterAll(() => server.stop());

interface PlanNode {
  'Node Type': string;
  'Index Name'?: string;
  'Relation Name'?: string;
  Plans?: PlanNode[];
}

async function explain(url: string, search: Search): Promise<Plan> {
  const statements =
    'promises' in search ? promiseStatements(search.promises, noIndex) : taskStatements(search.tasks, noIndex);
  const plan: Plan = { indexes: [], scans: [] };
  const visit = (node: PlanNode) => {
    if (node['Index Name']) plan.indexes.push(node['Index Name']);
    if (/Sort|Seq Scan|Bitmap/.test(node['Node Type']))
      plan.scans.push(`${node['Node Type']} ${node['Relation Name']}`);
    node.Plans?.forEach(visit);
  };
  const client = new pg.Client(url);
  await client.connect();
  for (const [name, value] of Object.entries(SETTINGS)) await client.query(`SET ${name} = '${value}'`);
  for (const { sql, params } of statements) {
    await client.query(`PREPARE search AS ${numbered(sql)}`);
    const values = params.map((param) => (typeof param === 'string' ? client.escapeLiteral(param) : param));
    const { rows } = await client.query(`EXPLAIN (FORMAT JSON) EXECUTE search (${values.join(', ')})`);
    visit((rows as { 'QUERY PLAN': [{ Plan: PlanNode }] }[])[0]!['QUERY PLAN'][0].Plan);
    await client.query('DEALLOCATE search');
  }
  await client.end();
  return plan;
}

const underTest = (byLease: boolean): DialectUnderTest => ({
  isShared: true,
  async create() {
    const { url, drop } = await freshPostgresDatabase(server.url);
    return {
      open: async () => new PostgresDialect({ ...OPTIONS, url }, byLease),
      drop,
      pretendNewer: async () => {
        const client = new pg.Client(url);
        await client.connect();
        await client.query("INSERT INTO schema_migrations (version, name) VALUES (9999, 'later')");
        await client.end();
      },
      explain: (search) => explain(url, search),
    };
  },
});

dialectConformance('Postgres', underTest(false));
describe('Postgres that elects by lease row', () => electionConformance(underTest(true)));
