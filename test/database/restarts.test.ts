import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  freshMysqlDatabase,
  freshPostgresDatabase,
  rounds,
  startMysqlOrMariadb,
  startPostgres,
  type TestDatabase,
  type TestServer,
  someOf,
} from '@resonate/testkit';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import type { Spawned } from '../processes/spawned.ts';
import { until } from '../processes/until.ts';
import { startClient, within, type Client } from '../sdk/client.ts';
import { journeyResult } from '../sdk/workers/functions.ts';
import { startWorker } from '../sdk/worker-process.ts';
import { lostOf, Writers } from './writers.ts';

const KILLS = rounds(3, 10);
const WRITERS = 8;
const JOURNEYS = 30;
const GROUP = 'workers';
const SDK = '0.11.5';
/** Short leases: if a task's fulfill was lost with the database, the task can be acquired again after this time. */
const TTL_MS = 2_000;

const DATABASES = [
  { type: 'postgres', start: startPostgres, fresh: freshPostgresDatabase },
  { type: 'mysql', start: startMysqlOrMariadb, fresh: freshMysqlDatabase },
] as const;

describe.each(someOf(DATABASES, 1))(
  `a $type server that is killed ${KILLS} times under load`,
  ({ type, start, fresh }) => {
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

      const writers = new Writers([server.url], WRITERS);
      for (let kill = 0; kill < KILLS; kill++) {
        await databaseServer.killAll();
        await until('503 of /ready', 20_000, async () => (await status('/ready')) === 503);
        expect(await status('/health')).toBe(200);
        await databaseServer.restart();
        await until('200 of /ready', 30_000, async () => (await status('/ready')) === 200);
      }
      await writers.stop();

      const reader = new HttpClient(server.url);
      const lost = await lostOf(writers.acknowledged, async (id) => {
        const { status, data } = await reader.rpc('promise.get', { id });
        return status === 200 ? (data as { promise: { state: string } }).promise.state : undefined;
      });
      reader.close();
      expect(lost).toEqual([]);
      expect(writers.acknowledged.length).toBeGreaterThan(KILLS);
      expect(writers.refused).toBeGreaterThan(0);

      const expected = Array.from({ length: JOURNEYS }, (_, n) => journeyResult(n));
      // If a notification is lost, the SDK asks for the result again after up to a minute.
      await expect(within(100_000, 'the results', results)).resolves.toEqual(expected);
    }, 600_000);
  },
);
