import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Kind, REQUESTS } from '@resonate/protocol';
import {
  freshMysqlDatabase,
  freshPostgresDatabase,
  mysqlForTests,
  postgresForTests,
  rounds,
  someOf,
} from '@resonate/testkit';
import { setTimeout as sleep } from 'node:timers/promises';
import { Bystander } from '../processes/bystander.ts';
import { freePort } from '../processes/free-port.ts';
import { Heap, inspectedOn } from '../processes/heap.ts';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { declaredFields, ROWS, sizedRequests, valueAt } from './sized-requests.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(600_000);

const CLIENTS = 2;
/** How long the bystanders run without load, to measure the noise of the machine. */
const ALONE_MS = 3_000;
/** How long a bystander may wait, in addition to the machine's noise. In CI other suites run at the same time. */
const BYSTANDER_MS = rounds(500, 250);
/** How much the heap may grow, for caches and compiled code. If one body of 2 MB per kind were kept, it would grow more. */
const HEAP_GROWTH = 16 * 1024 * 1024;

interface Store {
  start: () => Promise<{ url: string; stop: () => Promise<void> }>;
  fresh: (url: string) => Promise<{ url: string; drop: () => Promise<void> }>;
}

/** The servers of databases. SQLite needs none. */
const STORES: Record<string, Store | null> = {
  sqlite: null,
  postgres: { start: () => postgresForTests(), fresh: freshPostgresDatabase },
  mysql: { start: mysqlForTests, fresh: freshMysqlDatabase },
};

test.each(Object.keys(REQUESTS) as Kind[])('the requests make every field of %s too large', (kind) => {
  const rows = ROWS[kind].map(({ data }) => data('x'));
  const without = declaredFields(kind).filter((field) => rows.every((row) => valueAt(row, field) === undefined));
  expect(without).toEqual([]);
});

describe.each(someOf(Object.entries(STORES), 1))('%s', (type, store) => {
  let database: Awaited<ReturnType<Store['start']>> | undefined;
  let own: Awaited<ReturnType<Store['fresh']>> | undefined;
  let server: ServerProcess;
  let bystander: Bystander;
  let heap: Heap;
  /** A server with only a bystander as its client. The delays of this bystander are caused by the machine. */
  let quietServer: ServerProcess;
  let quiet: Bystander;

  beforeAll(async () => {
    database = await store?.start();
    own = database && (await store?.fresh(database.url));
    const storage = own && { storage: ['--storage-type', type, `--storage-${type}-url`, own.url] };
    const inspectPort = await freePort();
    server = await ServerProcess.start({ ...storage, env: { NODE_OPTIONS: inspectedOn(inspectPort) } });
    heap = await Heap.of(server.pid, inspectPort);
    quietServer = await ServerProcess.start();
    bystander = await Bystander.start(server.url);
    quiet = await Bystander.start(quietServer.url);
  });

  afterAll(async () => {
    heap?.close();
    bystander?.kill();
    quiet?.kill();
    await quietServer?.dispose();
    await server?.dispose();
    await own?.drop();
    await database?.stop();
  });

  test('answers fields of any size with a status below 500, and other clients in time', async () => {
    const before = await heap.used();
    bystander.take();
    await sleep(ALONE_MS);
    const alone = bystander.take();
    const { statuses, failed } = await sendAll(server.url);
    const [seen, noise] = [bystander.take(), quiet.take()];
    const grown = (await heap.used()) - before;
    console.log(`${type}: ${JSON.stringify({ statuses, alone, seen, noise, grown })}`);
    expect(failed).toEqual([]);
    for (const status of [200, 400, 404]) expect([status, statuses[status]]).not.toEqual([status, undefined]);
    expect(seen.faults).toEqual([]);
    expect(Object.keys(seen.statuses)).toEqual(['200']);
    // If other programs use the processors, the server's computations take longer in proportion.
    const withinMs = BYSTANDER_MS * noise.slowdown + Math.max(alone.slowestMs, noise.slowestMs);
    expect(seen.slowestMs).toBeLessThanOrEqual(withinMs);
    expect(server.output(2_000)).not.toContain('"level":"error"');
    expect((await fetch(`${server.url}/ready`)).status).toBe(200);
    expect(grown).toBeLessThan(HEAP_GROWTH);
  });
});

/** Sends all sized requests, a few at a time. */
async function sendAll(url: string): Promise<{ statuses: Record<number, number>; failed: string[] }> {
  const client = new HttpClient(url, CLIENTS);
  const requests = sizedRequests();
  const statuses: Record<number, number> = {};
  const failed: string[] = [];
  const post = async (name: string, body: string) => {
    const { status, data } = await client.post(body).catch((error: unknown) => ({ status: 0, data: String(error) }));
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status === 0 || status >= 500) failed.push(`${name}: ${status} ${String(data)}`.slice(0, 500));
  };
  const sender = async () => {
    for (const { name, before, body } of requests) {
      for (const first of before) await post(`before ${name}`, first);
      await post(name, body);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, sender));
  client.close();
  return { statuses, failed };
}
