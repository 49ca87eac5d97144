import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { type Service, systemClock } from '@resonate/lifecycle';
import { createLogger } from '@resonate/observability';
import { freshPostgresDatabase, startPostgres, type TestServer } from '@resonate/testkit';
import pg from 'pg';
import { LeaderJobs, PgBossJobs, type Job } from './index.ts';

const logger = createLogger({ level: 'error', stream: new PassThrough().resume() });

let server: TestServer;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.stop());

/** A job whose runs can be awaited, each with the signal that it got. */
function watched(work: (signal: AbortSignal, nth: number) => Promise<void>, everyMs = 1_000) {
  const runs: AbortSignal[] = [];
  let told: () => void = () => {};
  let dueAt = 0;
  const job: Job = {
    name: 'watched',
    dueAt: async () => dueAt,
    async run(signal) {
      runs.push(signal);
      told();
      await work(signal, runs.length);
      dueAt = signal.aborted ? 0 : Date.now() + everyMs;
    },
  };
  const nth = async (count: number): Promise<void> => {
    while (runs.length < count) await new Promise<void>((resolve) => (told = resolve));
  };
  return { job, runs, nth };
}

const untilAborted = async (signal: AbortSignal) => {
  if (!signal.aborted) await once(signal, 'abort');
};

async function freshTarget() {
  const { url } = await freshPostgresDatabase(server.url);
  return { url, connectTimeoutMs: 5_000, statementTimeoutMs: 5_000 };
}

const postgresJobs = (
  job: Job,
  target: Awaited<ReturnType<typeof freshTarget>>,
  { id = 'one', dead = [] as string[], others = [] as Job[] } = {},
) =>
  new PgBossJobs([job, ...others], {
    ...{ logger, target, processId: id, clock: systemClock },
    isProcessAlive: async (processId) => !dead.includes(processId),
  });

const adapters: [string, () => Promise<(job: Job) => Service>][] = [
  ['LeaderJobs', async () => (job) => new LeaderJobs([job], logger, systemClock)],
  [
    'PgBossJobs',
    async () => {
      const target = await freshTarget();
      return (job) => postgresJobs(job, target);
    },
  ],
];

describe.each(adapters)('%s', (_name, adapter) => {
  test('a job runs at once and then again and again', async () => {
    const { job, runs, nth } = watched(async () => {});
    const service = (await adapter())(job);
    await service.start();
    await nth(2);
    await service.stop();
    expect(runs.length).toBeGreaterThanOrEqual(2);
  }, 30_000);

  test('a job that failed runs again', async () => {
    const { job, runs, nth } = watched(async (_signal, nth) => {
      if (nth === 1) throw new Error('the first run fails');
    }, 3_600_000);
    const service = (await adapter())(job);
    await service.start();
    await nth(2);
    await service.stop();
    // Without the failure the next run would be due in an hour.
    expect(runs.length).toBeGreaterThanOrEqual(2);
  }, 30_000);

  test('stop aborts the run and waits for it; once started again the job runs again', async () => {
    let ended = false;
    const { job, runs, nth } = watched(async (signal) => {
      await untilAborted(signal);
      ended = true;
    });
    const service = (await adapter())(job);
    await service.start();
    await nth(1);
    const stoppedAt = performance.now();
    await service.stop();
    expect(performance.now() - stoppedAt).toBeLessThan(5_000);
    expect(runs[0]?.aborted).toBe(true);
    expect(ended).toBe(true);
    await service.start();
    await nth(2);
    await service.stop();
  }, 30_000);
});

test('of two processes on one Postgres only one runs a job at a time; the other takes over when it stops', async () => {
  const target = await freshTarget();
  let running = 0;
  let most = 0;
  const { job, runs, nth } = watched(async (signal) => {
    most = Math.max(most, ++running);
    await untilAborted(signal);
    running--;
  });
  const first = postgresJobs(job, target, { id: 'first' });
  // Its own job shows that it has looked for work since it started.
  const own = watched(async () => {});
  const second = postgresJobs(job, target, { id: 'second', others: [{ ...own.job, name: 'own' }] });
  await first.start();
  await nth(1);
  await second.start();
  await own.nth(3);
  expect(runs).toHaveLength(1);
  await first.stop();
  await nth(2);
  await second.stop();
  expect(most).toBe(1);
}, 30_000);

test('a job that a dead process began is started again at once, and no process runs a job that another one queued', async () => {
  const target = await freshTarget();
  const hung = watched(() => new Promise<never>(() => {}));
  const dies = postgresJobs(hung.job, target, { id: 'dies' });
  await dies.start();
  await hung.nth(1);
  const { job, runs, nth } = watched(async () => {});
  const next = postgresJobs(job, target, { id: 'next', dead: ['dies'] });
  await next.start();
  const startedAt = performance.now();
  await nth(1);
  // The queue's own heartbeat would take 10 s and more.
  expect(performance.now() - startedAt).toBeLessThan(8_000);
  await next.stop();
  await dies.stop();
  expect(hung.runs).toHaveLength(1);
  expect(runs.length).toBeGreaterThan(0);
}, 30_000);

test('the jobs continue by themselves after an outage of Postgres', async () => {
  const own = await startPostgres();
  const { job, runs, nth } = watched(async () => {});
  const service = postgresJobs(job, { ...(await freshTarget()), url: own.url });
  try {
    await service.start();
    await nth(1);
    await own.killAll();
    const before = runs.length;
    await own.restart();
    await nth(before + 2);
    expect(runs.length).toBeGreaterThanOrEqual(before + 2);
  } finally {
    await service.stop();
    await own.stop();
  }
}, 60_000);

test('accounts that own only their schema get maintenance, and share no jobs', async () => {
  const { url } = await freshPostgresDatabase(server.url);
  const admin = new pg.Client(url);
  await admin.connect();
  const schemas = ['tenant_one', 'tenant_two'];
  for (const name of schemas) {
    await admin.query(`CREATE ROLE ${name} LOGIN; CREATE SCHEMA ${name} AUTHORIZATION ${name}`);
    await admin.query(`ALTER ROLE ${name} SET search_path = ${name}`);
  }
  const started: Service[] = [];
  try {
    for (const name of schemas) {
      const own = new URL(url);
      own.username = name;
      const target = { url: own.href, connectTimeoutMs: 5_000, statementTimeoutMs: 5_000 };
      const { job, nth } = watched(async () => {}, 3_600_000);
      // If they shared the queue, the second one would find jobs of a living process and wait for it.
      const service = postgresJobs(job, target, { id: name });
      started.push(service);
      await service.start();
      await nth(1);
    }
    const { rows } = await admin.query<{ schema: string }>(
      "SELECT table_schema AS schema FROM information_schema.tables WHERE table_name = 'job' ORDER BY 1",
    );
    expect(rows.map(({ schema }) => schema)).toEqual(schemas);
  } finally {
    for (const service of started) await service.stop();
    await admin.end();
  }
}, 60_000);

test('an account that may not create schemas uses a schema that exists', async () => {
  const { url } = await freshPostgresDatabase(server.url);
  const admin = new pg.Client(url);
  await admin.connect();
  await admin.query(`CREATE ROLE plain LOGIN; CREATE SCHEMA resonate_jobs AUTHORIZATION plain`);
  const own = new URL(url);
  own.username = 'plain';
  const { job, nth } = watched(async () => {}, 3_600_000);
  const service = postgresJobs(job, { url: own.href, connectTimeoutMs: 5_000, statementTimeoutMs: 5_000 });
  try {
    await service.start();
    await nth(1);
    const { rows } = await admin.query("SELECT to_regclass('resonate_jobs.job') IS NOT NULL AS there");
    expect(rows).toEqual([{ there: true }]);
  } finally {
    await service.stop();
    await admin.end();
  }
}, 60_000);
