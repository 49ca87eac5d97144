import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  freshMysqlDatabase,
  freshPostgresDatabase,
  rounds,
  startMysqlOrMariadb,
  startPostgres,
  type TestDatabase,
  type TestServer,
} from '@resonate/testkit';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import type { Spawned } from '../processes/spawned.ts';
import { until } from '../processes/until.ts';
import { startClient, within, type Client } from '../sdk/client.ts';
import { journeyResult } from '../sdk/workers/functions.ts';
import { startWorker } from '../sdk/worker-process.ts';

const KILLS = rounds(4, 10);
const WRITERS = 8;
const JOURNEYS = 30;
const GROUP = 'workers';
const SDK = '0.11.5';
/** Short leases: a task whose fulfil was lost with the database is free again after this. */
const TTL_MS = 2_000;
const FAR_AWAY = 4_102_444_800_000;

interface Acknowledged {
  id: string;
  settled: boolean;
}

/** Creates and settles promises until it is told to stop; remembers what it was promised. */
async function write(
  url: string,
  writer: number,
  until: AbortSignal,
): Promise<{ kept: Acknowledged[]; refused: number }> {
  const client = new HttpClient(url);
  const kept: Acknowledged[] = [];
  let refused = 0;
  for (let number = 0; !until.aborted; number++) {
    const id = `kept.${writer}.${number}`;
    const created = await client.rpc('promise.create', { id, timeoutAt: FAR_AWAY });
    const settled = created.status === 200 ? await client.rpc('promise.settle', { id, state: 'resolved' }) : created;
    // Every failure is caused by the missing database, and its status says so.
    if (created.status !== 200 || settled.status !== 200) {
      expect([created.status, settled.status].filter((status) => ![200, 500, 503].includes(status))).toEqual([]);
      refused++;
    }
    if (created.status === 200) kept.push({ id, settled: settled.status === 200 });
  }
  client.close();
  return { kept, refused };
}

describe.each([
  { type: 'postgres', start: startPostgres, fresh: freshPostgresDatabase },
  { type: 'mysql', start: startMysqlOrMariadb, fresh: freshMysqlDatabase },
] as const)(`a $type server that is killed ${KILLS} times under load`, ({ type, start, fresh }) => {
  let databaseServer: TestServer;
  let database: TestDatabase;
  let server: ServerProcess;
  let worker: Spawned;
  let client: Client;

  beforeAll(async () => {
    databaseServer = await start();
    database = await fresh(databaseServer.url);
    server = await ServerProcess.start({ storage: ['--storage-type', type, `--storage-${type}-url`, database.url] });
    worker = await startWorker({ sdk: SDK, url: server.url, name: 'first', group: GROUP, ttlMs: TTL_MS });
    client = await startClient({ sdk: SDK, url: server.url, workers: GROUP });
  }, 120_000);

  afterAll(async () => {
    await client?.stop();
    await worker?.kill9();
    await server?.dispose();
    await databaseServer?.stop();
  }, 60_000);

  const status = async (path: string): Promise<number> => (await fetch(server.url + path)).status;

  test('loses no acknowledged write and no workflow', async () => {
    const options = client.options({ target: GROUP });
    const handles = await Promise.all(
      Array.from({ length: JOURNEYS }, (_, n) => client.beginRpc<number>(`journey-${n}`, 'journey', n, options)),
    );
    const results = Promise.all(handles.map((handle) => handle.result()));
    results.catch(() => undefined);

    const stop = new AbortController();
    const writers = Promise.all(Array.from({ length: WRITERS }, (_, n) => write(server.url, n, stop.signal)));
    for (let kill = 0; kill < KILLS; kill++) {
      await databaseServer.kill9();
      await until('503 of /ready', 20_000, async () => (await status('/ready')) === 503);
      expect(await status('/health')).toBe(200);
      await databaseServer.restart();
      await until('200 of /ready', 30_000, async () => (await status('/ready')) === 200);
    }
    stop.abort();
    const written = await writers;

    const reader = new HttpClient(server.url);
    const lost: string[] = [];
    for (const { id, settled } of written.flatMap(({ kept }) => kept)) {
      const { status, data } = await reader.rpc('promise.get', { id });
      const state = status === 200 ? (data as { promise: { state: string } }).promise.state : 'missing';
      if (state === 'missing' || (settled && state !== 'resolved')) lost.push(`${id}: ${state}`);
    }
    reader.close();
    expect(lost).toEqual([]);
    expect(written.flatMap(({ kept }) => kept).length).toBeGreaterThan(KILLS);
    expect(written.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(0);

    const expected = Array.from({ length: JOURNEYS }, (_, n) => journeyResult(n));
    // The SDK asks again for a result at most once a minute, so a missed one takes that long.
    await expect(within(100_000, 'the results', results)).resolves.toEqual(expected);
  }, 600_000);
});
