import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freshPostgresDatabase, postgresForTests, runPostgres, type TestDatabase } from '@resonate/testkit';
import { EventStream } from '../processes/event-stream.ts';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';

const FAR_AWAY = 4_102_444_800_000;
/** Far longer than a notification takes. Without a notification a message would wait for this long. */
const POLL_INTERVAL_MS = 60_000;

const NAMES = ['one', 'two'] as const;
type Name = (typeof NAMES)[number];

/** Two processes that share one schema, and a client of each process. */
interface Cluster {
  servers: [ServerProcess, ServerProcess];
  clients: [HttpClient, HttpClient];
}

let postgres: Awaited<ReturnType<typeof postgresForTests>>;
let database: TestDatabase;
let clusters: Record<Name, Cluster>;

/** Starts a cluster. Only the first one has retention on. */
async function start(name: Name): Promise<Cluster> {
  const url = new URL(database.url);
  url.searchParams.set('options', `-c search_path=${name}`);
  const retention = name === 'one' ? ['--retention-after', '1s', '--retention-interval', '200ms'] : [];
  const server = () =>
    ServerProcess.start({
      storage: ['--storage-type', 'postgres', '--storage-postgres-url', url.href],
      args: ['--messages-poll-interval', `${POLL_INTERVAL_MS}ms`, ...retention],
    });
  const [first, second] = await Promise.all([server(), server()]);
  return { servers: [first, second], clients: [new HttpClient(first.url), new HttpClient(second.url)] };
}

beforeAll(async () => {
  postgres = await postgresForTests();
  database = await freshPostgresDatabase(postgres.url);
  await runPostgres(database.url, ...NAMES.map((name) => `CREATE SCHEMA ${name}`));
  const [one, two] = await Promise.all([start('one'), start('two')]);
  clusters = { one, two };
}, 120_000);

afterAll(async () => {
  for (const { servers, clients } of Object.values(clusters ?? {})) {
    clients.forEach((client) => client.close());
    await Promise.all(servers.map((server) => server.dispose()));
  }
  await database?.drop();
  await postgres?.stop();
}, 60_000);

/** The processes of the cluster, as this process lists them in its overview. */
async function processesAt({ url }: ServerProcess): Promise<{ id: string; leader: boolean }[]> {
  const answer = await fetch(`${url}/admin/overview`);
  return ((await answer.json()) as { processes: { id: string; leader: boolean }[] }).processes;
}

test('each of two schemas has its own processes, one of which leads', async () => {
  const ids: string[] = [];
  for (const { servers } of Object.values(clusters)) {
    const leads = async () => {
      const processes = await processesAt(servers[0]);
      return processes.filter(({ leader }) => leader).length === 1 && processes;
    };
    const processes = await until('one leader', 15_000, leads);
    expect(processes).toHaveLength(2);
    ids.push(...processes.map(({ id }) => id));
  }
  expect(new Set(ids).size).toBe(4);
});

test('both schemas may have a promise with the same id, and the jobs of one do not delete promises of the other', async () => {
  const { one, two } = clusters;
  const ok = { status: 200 };
  const created = { id: 'a', timeoutAt: FAR_AWAY };
  expect(await one.clients[0].rpc('promise.create', created)).toMatchObject(ok);
  expect(await two.clients[0].rpc('promise.create', created)).toMatchObject(ok);
  expect(await two.clients[0].rpc('promise.settle', { id: 'a', state: 'resolved' })).toMatchObject(ok);
  const stateIn = async ({ clients }: Cluster) => {
    const { status, data } = await clients[1].rpc('promise.get', { id: 'a' });
    return status === 200 ? (data as { promise: { state: string } }).promise.state : status;
  };
  expect(await stateIn(one)).toBe('pending');
  expect(await one.clients[0].rpc('promise.settle', { id: 'a', state: 'rejected' })).toMatchObject(ok);
  await until('the deletion', 30_000, async () => (await stateIn(one)) === 404);
  expect(await stateIn(two)).toBe('resolved');
});

test('a message reaches a worker of another process of the same schema by a notification, and no worker of the other schema', async () => {
  const open = ({ servers }: Cluster) => EventStream.open(servers[1].url, '/poll/workers/w');
  const [own, other] = await Promise.all([open(clusters.one), open(clusters.two)]);
  try {
    const task = { id: 'task', timeoutAt: FAR_AWAY, tags: { 'resonate:target': 'poll://any@workers' } };
    expect(await clusters.one.clients[0].rpc('promise.create', task)).toMatchObject({ status: 200 });
    expect(await own.next()).toMatchObject({ kind: 'execute', data: { task: { id: 'task' } } });
    expect(other.waiting).toBe(0);
  } finally {
    own.break();
    other.break();
  }
});
