import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freshPostgresDatabase, postgresForTests, type TestDatabase } from '@resonate/testkit';
import { PostgresDialect, PREPARED } from './dialect.ts';
import { planNodes, type PlanNode } from './plan.fixture.ts';

let server: Awaited<ReturnType<typeof postgresForTests>>;
let database: TestDatabase;
beforeAll(async () => {
  server = await postgresForTests();
  database = await freshPostgresDatabase(server.url);
  const options = { url: database.url, poolSize: 1, connectTimeoutMs: 10_000, statementTimeoutMs: 10_000 };
  const dialect = new PostgresDialect(options);
  await dialect.migrate();
  await dialect.close();
});
afterAll(async () => {
  await database.drop();
  await server.stop();
});

const WALKS_ALL = /Seq Scan|Bitmap/;
/** What has no index is read again for every row of the other side. */
const WITHOUT_INDEX = /CTE Scan|Function Scan|Materialize/;

function fault(node: PlanNode): string[] {
  const type = node['Node Type'];
  const isReread = node['Parent Relationship'] === 'Inner' && WITHOUT_INDEX.test(type);
  return WALKS_ALL.test(type) || isReread ? [`${type} on ${node['Relation Name'] ?? 'rows'}`] : [];
}

test.each(PREPARED.filter(({ text }) => /^\s*(SELECT|WITH|INSERT|UPDATE|DELETE)/.test(text)))(
  'the statement $name grows with what it names, not with its tables',
  async ({ text }) => {
    expect((await planNodes(database.url, text)).flatMap(fault)).toEqual([]);
  },
);
