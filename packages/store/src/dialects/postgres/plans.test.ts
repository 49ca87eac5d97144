import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freshPostgresDatabase, postgresForTests, type TestDatabase } from '@resonate/testkit';
import pg from 'pg';
import { RECORD_TABLES } from '../../tables.ts';
import { PostgresDialect } from './dialect.ts';
import { planNodes, type PlanNode } from './plan.fixture.ts';
import { PREPARED } from './statements.ts';
import { WORDS } from './words.ts';

let server: Awaited<ReturnType<typeof postgresForTests>>;
let database: TestDatabase;
beforeAll(async () => {
  server = await postgresForTests();
  database = await freshPostgresDatabase(server.url);
  const options = { url: database.url, poolSize: 1, connectTimeoutMs: 10_000, statementTimeoutMs: 10_000 };
  const dialect = new PostgresDialect(options);
  await dialect.migrate();
  await dialect.close();
  const client = new pg.Client(database.url);
  await client.connect();
  for (const table of RECORD_TABLES) await client.query(`ALTER TABLE ${table} SET (autovacuum_enabled = off)`);
  await client.end();
});
afterAll(async () => {
  await database.drop();
  await server.stop();
});

const WALKS_ALL = /Seq Scan|Bitmap/;
/** On the inner side of a join, these read all their rows again for every row of the outer side. */
const WITHOUT_INDEX = /CTE Scan|Function Scan|Materialize/;

function fault(node: PlanNode): string[] {
  const type = node['Node Type'];
  const isReread = node['Parent Relationship'] === 'Inner' && WITHOUT_INDEX.test(type);
  return WALKS_ALL.test(type) || isReread ? [`${type} on ${node['Relation Name'] ?? 'rows'}`] : [];
}

/** The indexes that statements must use, even if they were planned while the tables were empty. */
const INDEXES: Record<string, string[]> = {
  promises: ['promises_pkey'],
  lock_promises: ['promises_pkey'],
  tasks: ['callbacks_pkey', 'tasks_pkey'],
  lock_tasks: ['callbacks_pkey', 'tasks_pkey'],
  schedules: ['schedules_pkey'],
  lock_schedules: ['schedules_pkey'],
  callbacks: ['callbacks_awaiter', 'callbacks_pkey'],
  listeners: ['listeners_pkey'],
  callback_pairs: ['callbacks_pkey'],
  listener_pairs: ['listeners_pkey'],
  branches_4: ['promises_branch', 'promises_pkey'],
  branches_1000: ['promises_branch', 'promises_pkey'],
  update_promises: ['promises_pkey'],
  update_tasks: ['tasks_pkey'],
  update_callbacks: ['callbacks_pkey'],
  delete_callbacks: ['callbacks_pkey'],
  call_pairs: ['calls_pkey'],
  update_listeners: ['listeners_pkey'],
  delete_listeners: ['listeners_pkey'],
  update_schedules: ['schedules_pkey'],
  delete_schedules: ['schedules_pkey'],
  unchanged_promises: ['promises_pkey'],
  unchanged_tasks: ['callbacks_awaiter', 'callbacks_pkey', 'listeners_pkey', 'promises_branch', 'tasks_pkey'],
  lock_due_tasks: ['tasks_dispatch'],
  lock_due_listeners: ['listeners_dispatch', 'promises_pkey'],
  lock_messages_tasks: ['tasks_pkey'],
  lock_messages_listeners: ['listeners_pkey'],
  tasks_waiting: ['tasks_dispatch'],
  listeners_waiting: ['listeners_dispatch'],
  next_task: ['tasks_dispatch'],
  next_listener: ['listeners_dispatch'],
  count_due_tasks: ['tasks_dispatch'],
  count_due_listeners: ['listeners_dispatch'],
  held_tasks: ['tasks_dispatch'],
  held_listeners: ['listeners_dispatch'],
  due_promises: ['promises_timeout'],
  due_leases: ['tasks_lease'],
  due_schedules: ['schedules_next_run'],
  next_timer: ['promises_timeout', 'schedules_next_run', 'tasks_lease'],
};

/** A workflow that awaits many promises, and others that listen to them. */
const GROW = [
  `INSERT INTO promises SELECT 'w.' || i, 'pending', '{}', '{}', '{}', 9e15, i, NULL, 0, 'w', 'w', 'w', NULL
    FROM generate_series(1, 8000) AS i`,
  `INSERT INTO promise_tags SELECT 'name', 'value', 'w.' || i FROM generate_series(1, 8000) AS i`,
  `INSERT INTO schedules (id, cron, promise_id, promise_timeout, promise_param, promise_tags, created_at, next_run_at)
    SELECT 's.' || i, '@daily', 'x', 1, '{}', '{}', 1, 9e15 FROM generate_series(1, 100) AS i`,
  `INSERT INTO tasks (id, state, version, resumes, timeout_at, due_at, address, transport, target, attempts, setbacks)
    SELECT 'w.' || i, 'pending', 0, 0, 9e15, 9e15, 'poll://any@g', 'poll', 'g', 0, 0 FROM generate_series(1, 2000) AS i`,
  `INSERT INTO callbacks SELECT 'w.' || i, 'w', 0 FROM generate_series(1, 8000) AS i`,
  `INSERT INTO listeners (awaited, address, transport, target, attempts)
    SELECT 'w.' || i, 'http://h/' || i % 10, 'http', 'http://h', 0 FROM generate_series(1, 2000) AS i`,
];

const PLANNED = PREPARED.filter(({ text }) => /^\s*(SELECT|WITH|INSERT|UPDATE|DELETE)/.test(text));
/** Only these are planned while a table is empty, because statements that update or delete rows run when rows exist. */
const READING = PLANNED.filter(({ text }) => /^\s*(SELECT|WITH)/.test(text));

test('each expected list of indexes belongs to a statement', () => {
  const names = PLANNED.map(({ name }) => name);
  expect(Object.keys(INDEXES).filter((name) => !names.includes(name))).toEqual([]);
});

/** Postgres plans again when statistics are renewed, also those of empty tables. It keeps plans while rows are added. */
describe.each([
  ['while the tables are empty', [], PLANNED],
  ['after maintenance analyzed them', WORDS.analyze, PLANNED],
  ['after Postgres analyzed them', RECORD_TABLES.map((table) => `ANALYZE ${table}`), READING],
  ['when they have grown since', GROW, PLANNED],
] as const)('%s', (_, statements, planned) => {
  beforeAll(async () => {
    const client = new pg.Client(database.url);
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  });

  test.each(planned)('the statement $name reads the rows that it names, not whole tables', async ({ name, text }) => {
    const nodes = await planNodes(database.url, text);
    expect(nodes.flatMap(fault)).toEqual([]);
    const indexes = nodes.flatMap((node) => node['Index Name'] ?? []);
    if (INDEXES[name]) expect([...new Set(indexes)].sort()).toEqual(INDEXES[name]);
  });
});
