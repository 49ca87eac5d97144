/**
 * `npm run bench:years`: what a large database costs beside an empty one: its size, the start of a server, requests,
 * searches, and a migration that adds a column and an index.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openDialect, type StorageTarget } from '@resonate/store';
import { HttpClient } from '../../test/processes/http-client.ts';
import { ServerProcess } from '../../test/processes/server-process.ts';
import { Latencies } from '../load/latencies.ts';
import { fill } from '../retention/fill.ts';
import { Load } from '../retention/load.ts';
import { LARGE_STORAGES, storagesNamed } from '../targets/index.ts';
import type { Database, Storage } from '../targets/storage.ts';
import { wholeNumber } from '../whole-number.ts';

const USAGE = `npm run bench:years -- [options]
  --promises N,...   numbers of promises in the tables [0,1000000]
  --targets NAME,... of: ${LARGE_STORAGES.map(({ name }) => name).join(', ')} [sqlite,postgres]
  --rate N           promises that are created and settled per second [200]
  --seconds N        duration of that load [20]
  --help`;
const CONNECTIONS = 16;
const WARM_UP_MS = 4_000;
const SEARCHES = 100;

const tagged = (n: number) => ({ tags: { customer: `customer.${n}` }, limit: 100 });
const pending = () => ({ state: 'pending', limit: 100 });

const { values } = parseArgs({
  options: {
    promises: { type: 'string', default: '0,1000000' },
    targets: { type: 'string', default: 'sqlite,postgres' },
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '20' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else {
  const counts = values.promises.split(',').map((text) => wholeNumber('--promises', text, 0));
  for (const storage of storagesNamed('--targets', values.targets, LARGE_STORAGES)) {
    for (const count of counts) await bench(storage, count);
    await storage.close?.();
  }
}

async function bench(storage: Storage, count: number): Promise<void> {
  const database = await storage.create();
  const say = (what: string) => console.log(`${storage.name}, ${count.toLocaleString('en')} promises: ${what}`);
  try {
    const dialect = await openDialect(database.target, Date.now);
    const filledMs = await timed(() => fill(dialect, count).finally(() => dialect.close()));
    await database.settle();
    const bytes = await database.bytes();
    const each = count === 0 ? '' : `, ${Math.round(bytes / count).toLocaleString('en')} bytes each`;
    say(`${Math.round(bytes / 1_048_576).toLocaleString('en')} MiB${each}; filled in ${seconds(filledMs)}`);
    await measure(database, say);
    const migration = await migrate(database.target);
    say(`a migration: ${seconds(migration.columnMs)} for a column, ${seconds(migration.indexMs)} for an index`);
  } finally {
    await database.drop();
  }
}

async function measure({ env }: Database, say: (what: string) => void): Promise<void> {
  const options = { storage: [], env, args: ['--level', 'warn'] };
  const startedAt = performance.now();
  const server = await ServerProcess.start(options);
  say(`a server is ready after ${seconds(performance.now() - startedAt)}`);
  try {
    const load = await Load.start(server.url, CONNECTIONS, wholeNumber('--rate', values.rate));
    const from = performance.now() + WARM_UP_MS;
    const until = from + wholeNumber('--seconds', values.seconds) * 1_000;
    await pause(until - performance.now());
    const found = load.latencies([[from, until]]);
    await load.stop();
    say(`create ${text(found.create)}; settle ${text(found.settle)}`);
    say(
      `searches: by tag ${text(await searches(server.url, tagged))}; pending ${text(await searches(server.url, pending))}`,
    );
  } finally {
    await server.dispose();
  }
}

/** @param query the `data` of the nth `promise.search`. */
async function searches(url: string, query: (n: number) => object): Promise<Latencies> {
  const client = new HttpClient(url);
  const latencies = new Latencies();
  for (let n = 0; n < SEARCHES; n++) {
    const startedAt = performance.now();
    const { status, data } = await client.rpc('promise.search', query(n));
    if (status !== 200) throw new Error(`a search answered ${status}: ${JSON.stringify(data)}`);
    latencies.record(performance.now() - startedAt);
  }
  client.close();
  return latencies;
}

/** What a later version might do to the largest table. */
async function migrate(target: StorageTarget): Promise<{ columnMs: number; indexMs: number }> {
  const dialect = await openDialect(target, Date.now);
  const run = (sql: string) => timed(() => dialect.plain.atomically([{ sql, params: [] }]));
  try {
    const columnMs = await run('ALTER TABLE promises ADD COLUMN later INTEGER');
    return { columnMs, indexMs: await run('CREATE INDEX promises_later ON promises (settled_at, created_at)') };
  } finally {
    await dialect.close();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function text(latencies: Latencies): string {
  const { p50, p99 } = latencies.summary();
  return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
