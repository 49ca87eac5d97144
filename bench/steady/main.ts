/**
 * `npm run bench:steady`: runs a Postgres that holds many promises in a steady state: as many promises are created and
 * settled as retention deletes. It reports latencies, table sizes, dead rows and vacuums after each span of time, and the
 * latencies of the same load in empty tables at the end.
 */
import { parseArgs } from 'node:util';
import pg from 'pg';
import { ServerProcess } from '../../test/processes/server-process.ts';
import { deletedBy } from '../retention/deleted.ts';
import { setFactor, statisticsOf } from '../postgres-tables/autovacuum.ts';
import { copyRows } from '../postgres-tables/copy-rows.ts';
import { fill } from '../retention/fill.ts';
import { existingPostgres, largePostgres } from '../targets/databases.ts';
import type { Database } from '../targets/storage.ts';
import { mebibytes, seconds } from '../units.ts';
import { wholeNumber } from '../whole-number.ts';
import { SteadyLoad, type Shape } from './load.ts';

const USAGE = `npm run bench:steady -- [options]
  --promises N      number of promises in the tables [1000000]
  --rate N          promises per second that are created, settled, and deleted by retention [500]
  --shape NAME      what is created: promises, or workflows of ten promises in two requests [promises]
  --minutes N       duration of that load [10]
  --report N        minutes between two reports [5]
  --empty N         minutes of the same load in empty tables after it [1]
  --connections N   number of connections for the load [64]
  --factor F        autovacuum_vacuum_scale_factor of the large tables; "default" for Postgres' own [0.02]
  --percent N       retention.max_percent [30]
  --batch N         retention.batch_size [its default]
  --interval MS     retention.interval in ms [its default]
  --url URL         a Postgres database that stays: filled if it is empty, else used as an earlier run left it. Without
                    it, the benchmark starts a server of its own
  --help`;
/** The store writes this many promises. The others are copies of them. */
const FIRST = 10_000;
const TABLES = ['promises', 'promise_tags', 'tasks'];
const FACTORS = ['autovacuum_vacuum_scale_factor', 'autovacuum_vacuum_insert_scale_factor'];
const WARM_UP_MS = 10_000;
const MINUTE_MS = 60_000;

const { values } = parseArgs({
  options: {
    promises: { type: 'string', default: '1000000' },
    rate: { type: 'string', default: '500' },
    shape: { type: 'string', default: 'promises' },
    minutes: { type: 'string', default: '10' },
    report: { type: 'string', default: '5' },
    empty: { type: 'string', default: '1' },
    connections: { type: 'string', default: '64' },
    factor: { type: 'string', default: '0.02' },
    percent: { type: 'string', default: '30' },
    batch: { type: 'string' },
    interval: { type: 'string' },
    url: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const shape = shapeNamed(values.shape);

if (values.help) console.log(USAGE);
else {
  const rate = wholeNumber('--rate', values.rate);
  if (values.url !== undefined) await full(existingPostgres(values.url), rate);
  else await onDatabase((database) => full(database, rate));
  const emptyMs = wholeNumber('--empty', values.empty, 0) * MINUTE_MS;
  if (emptyMs > 0) await onDatabase((database) => empty(database, rate, emptyMs));
  await largePostgres.close?.();
}

function say(text: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);
}

async function onDatabase(work: (database: Database) => Promise<void>): Promise<void> {
  const database = await largePostgres.create();
  try {
    await work(database);
  } finally {
    await database.drop();
  }
}

async function empty(database: Database, rate: number, durationMs: number): Promise<void> {
  await withServer(database, [], async (server) => {
    const load = await SteadyLoad.start(server.url, wholeNumber('--connections', values.connections), shape);
    await load.run(rate, WARM_UP_MS);
    say(`empty tables: ${await load.run(rate, durationMs)}`);
    load.close();
  });
}

async function full(database: Database, rate: number): Promise<void> {
  const client = new pg.Client(urlOf(database));
  await client.connect();
  try {
    if (!(await hasPromises(client))) await fillTables(database, client, rate);
    await report(client);
    const oldest = await client.query<{ at: string }>('SELECT min(settled_at) AS at FROM promises');
    const options = {
      'retention-after': `${Date.now() - Number(oldest.rows[0]?.at)}ms`,
      'retention-max-percent': values.percent,
      'retention-batch-size': values.batch,
      'retention-interval': values.interval,
    };
    const args = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
    await withServer(database, args, (server) => steady(server, client, rate));
  } finally {
    await client.end();
  }
}

/** Whether an earlier run has filled this database. */
async function hasPromises(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ table: string | null }>("SELECT to_regclass('promises') AS table");
  const isMigrated = (rows[0]?.table ?? null) !== null;
  return isMigrated && (await client.query('SELECT 1 FROM promises LIMIT 1')).rowCount === 1;
}

async function fillTables(database: Database, client: pg.Client, rate: number): Promise<void> {
  const count = wholeNumber('--promises', values.promises);
  const startedAt = performance.now();
  await fill(database.target, FIRST);
  const times = Math.ceil(count / FIRST) - 1;
  // The load creates as many promises per second as become old enough.
  const everyMs = (FIRST * 1_000) / rate;
  const oldestAt = Date.now() - Math.ceil(times * everyMs);
  await copyRows(client, times, { oldestAt, everyMs: Math.round(everyMs) });
  // Some originals are far older. The retention period is that of the oldest row, so nothing else would become due.
  await client.query('UPDATE promises SET created_at = $1::bigint - 1000, settled_at = $1 WHERE settled_at < $1', [
    oldestAt,
  ]);
  await setFactor(client, TABLES, FACTORS, { option: '--factor', value: values.factor });
  await database.settle();
  say(`${count.toLocaleString('en')} promises after ${seconds(performance.now() - startedAt)}`);
}

async function steady(server: ServerProcess, client: pg.Client, rate: number): Promise<void> {
  const [minutes, each] = [wholeNumber('--minutes', values.minutes), wholeNumber('--report', values.report)];
  const load = await SteadyLoad.start(server.url, wholeNumber('--connections', values.connections), shape);
  await load.run(rate, WARM_UP_MS);
  for (let done = 0; done < minutes; done += each) {
    const [deleted, from] = [await deletedBy(server), performance.now()];
    const latencies = await load.run(rate, Math.min(each, minutes - done) * MINUTE_MS);
    const rest = ((await deletedBy(server)) - deleted) / ((performance.now() - from) / 1_000);
    say(`minute ${Math.min(minutes, done + each)}: ${latencies}; ${Math.round(rest)} deleted per second`);
    await report(client);
  }
  load.close();
}

function shapeNamed(name: string): Shape {
  if (name === 'promises' || name === 'workflows') return name;
  throw new Error(`--shape must be promises or workflows, not ${name}`);
}

async function withServer(
  { env }: Database,
  args: string[],
  work: (server: ServerProcess) => Promise<void>,
): Promise<void> {
  const server = await ServerProcess.start({ storage: [], env, args: ['--level', 'warn', ...args] });
  try {
    await work(server);
  } finally {
    await server.dispose();
  }
}

function urlOf({ target }: Database): string {
  if (target.type !== 'postgres') throw new Error('the database is not Postgres');
  return target.url;
}

/** Prints size, dead rows and vacuums of each table. */
async function report(client: pg.Client): Promise<void> {
  for (const { name, bytes, indexBytes, live, dead, vacuums, vacuumMs } of await statisticsOf(client, TABLES)) {
    const rows = `${live.toLocaleString('en')} rows, ${dead.toLocaleString('en')} dead`;
    const cost = `${vacuums} vacuums in ${seconds(vacuumMs)}`;
    say(`  ${name}: ${mebibytes(bytes)}, indexes ${mebibytes(indexBytes)}; ${rows}; ${cost}`);
  }
}
