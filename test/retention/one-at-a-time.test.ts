import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadConfig } from '@resonate/config';
import { LeaderJobs } from '@resonate/maintenance';
import { createLogger } from '@resonate/observability';
import { openRuntime, type Runtime } from '@resonate/process';
import { freshMysqlDatabase, mysqlForTests, type TestDatabase } from '@resonate/testkit';
import { Candidate } from '../../apps/scheduler/src/candidate.ts';
import { until } from '../processes/until.ts';

const WITHIN_MS = 30_000;
const logger = createLogger({ level: 'error', stream: new PassThrough().resume() });

let server: Awaited<ReturnType<typeof mysqlForTests>>;
let database: TestDatabase;
let runtimes: Runtime[];

beforeAll(async () => {
  server = await mysqlForTests();
  database = await freshMysqlDatabase(server.url);
  const flags = { 'storage-type': 'mysql', 'storage-mysql-url': database.url };
  const { config } = loadConfig({ env: {}, flags, command: 'scheduler' });
  const open = () => openRuntime({ config, role: 'scheduler', version: 'test', logger });
  // They start one after the other, because the first one creates the schema.
  runtimes = [await open(), await open()];
}, 60_000);

afterAll(async () => {
  for (const { store } of runtimes ?? []) await store.close();
  await database?.drop();
  await server?.stop();
});

test('of two schedulers without a job queue only the leader runs jobs, and the other one takes over when it stops', async () => {
  const ran: string[] = [];
  let running = 0;
  let most = 0;
  const schedulers = runtimes.map((runtime) => {
    const job = {
      name: 'watched',
      dueAt: async () => 0,
      async run(signal: AbortSignal) {
        ran.push(runtime.processId);
        most = Math.max(most, ++running);
        if (!signal.aborted) await once(signal, 'abort');
        running--;
      },
    };
    return new Candidate(runtime, [new LeaderJobs([job], logger, runtime.store.clock)]);
  });
  for (const scheduler of schedulers) await scheduler.start();
  await until('a job runs', WITHIN_MS, () => running === 1);
  const leader = runtimes.findIndex(({ processId }) => processId === ran[0]);
  await schedulers[leader]!.stop();
  await until('the other one runs it', WITHIN_MS, () => running === 1);
  await schedulers[1 - leader]!.stop();
  expect(ran).toEqual([runtimes[leader], runtimes[1 - leader]].map((runtime) => runtime!.processId));
  expect(most).toBe(1);
}, 60_000);
