/**
 * `npm run bench:years`: compares a large database with an empty one: its size, the start of a server, requests, searches,
 * retention, and a migration that adds a column and an index.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openDialect, type StorageTarget } from '@resonate/store';
import { HttpClient } from '../../test/processes/http-client.ts';
import { ServerProcess } from '../../test/processes/server-process.ts';
import { Latencies } from '../load/latencies.ts';
import { deletedBy } from '../retention/deleted.ts';
import { fill, type Filled } from '../retention/fill.ts';
import { Load, type Operation } from '../retention/load.ts';
import { LARGE_STORAGES, storagesNamed } from '../targets/index.ts';
import type { Database, Storage } from '../targets/storage.ts';
import { mebibytes, seconds } from '../units.ts';
import { wholeNumber } from '../whole-number.ts';

const USAGE = `npm run bench:years -- [options]
  --promises N,...   numbers of promises in the tables [0,1000000]
  --targets NAME,... of: ${LARGE_STORAGES.map(({ name }) => name).join(', ')} [sqlite,postgres]
  --rate N           promises that are created and settled per second [200]
  --seconds N        duration of that load, once without retention and once with it [20]
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

type Say = (what: string) => void;

async function bench(storage: Storage, count: number): Promise<void> {
  const database = await storage.create();
  const say: Say = (what) => console.log(`${storage.name}, ${count.toLocaleString('en')} promises: ${what}`);
  try {
    const startedAt = performance.now();
    const filled = await fill(database.target, count);
    say(`filled in ${seconds(performance.now() - startedAt)}`);
    await database.settle();
    await sizes(database, count, say);
    await measure(database, say);
    if (count > 0) await retire(database, filled, say);
    const migration = await migrate(database.target);
    say(`a migration: ${seconds(migration.columnMs)} for a column, ${seconds(migration.indexMs)} for an index`);
  } finally {
    await database.drop();
  }
}

async function sizes(database: Database, count: number, say: Say): Promise<void> {
  const tables = [...(await database.bytes())].sort(([, one], [, other]) => other - one);
  const total = tables.reduce((sum, [, bytes]) => sum + bytes, 0);
  const each = count === 0 ? '' : `, ${Math.round(total / count).toLocaleString('en')} bytes each`;
  say(`${mebibytes(total)}${each}`);
  const large = tables.filter(([, bytes]) => bytes > total / 100).map(([name, bytes]) => `${name} ${mebibytes(bytes)}`);
  if (count > 0) say(`of these ${large.join(', ')}`);
}

/** A server of this database, with its metrics. */
function serve({ env }: Database, ...args: string[]): Promise<ServerProcess> {
  return ServerProcess.start({ storage: [], env, args: ['--level', 'warn', ...args] });
}

async function measure(database: Database, say: Say): Promise<void> {
  const startedAt = performance.now();
  const server = await serve(database);
  say(`a server is ready after ${seconds(performance.now() - startedAt)}`);
  try {
    say(textOf(await underLoad(server)));
    say(
      `searches: by tag ${text(await searches(server.url, tagged))}; pending ${text(await searches(server.url, pending))}`,
    );
  } finally {
    await server.dispose();
  }
}

/** Measures requests while retention deletes a backlog of promises that expired long ago. */
async function retire(database: Database, { expired, expiredAt }: Filled, say: Say): Promise<void> {
  const after = Math.round((Date.now() - expiredAt) / 2);
  const server = await serve(database, '--retention-after', `${after}ms`);
  try {
    let [deleted, from] = [0, 0];
    const latencies = await underLoad(server, async () => {
      [deleted, from] = [await deletedBy(server), performance.now()];
    });
    const now = await deletedBy(server);
    const rate = ((now - deleted) * 1_000) / (performance.now() - from);
    const all =
      now < expired ? `all ${expired.toLocaleString('en')} within ${seconds((expired * 1_000) / rate)}` : 'all';
    say(
      `retention deletes ${Math.round(rate).toLocaleString('en')} per second, ${all}; meanwhile ${textOf(latencies)}`,
    );
  } finally {
    await server.dispose();
  }
}

/** @param warm is called when the warm-up has ended. */
async function underLoad(server: ServerProcess, warm?: () => Promise<void>): Promise<Record<Operation, Latencies>> {
  const load = await Load.start(server.url, CONNECTIONS, wholeNumber('--rate', values.rate));
  await pause(WARM_UP_MS);
  await warm?.();
  const from = performance.now();
  await pause(wholeNumber('--seconds', values.seconds) * 1_000);
  const found = load.latencies([[from, performance.now()]]);
  await load.stop();
  return found;
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

/** Changes the largest table as a migration of a later version might. */
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

function textOf({ create, settle }: Record<Operation, Latencies>): string {
  return `create ${text(create)}; settle ${text(settle)}`;
}
