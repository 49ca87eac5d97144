/**
 * `npm run bench:churn`: measures how many dead rows Postgres keeps while workflows run in a database with many old
 * promises, and what its autovacuum costs. It does so with Postgres' own settings, and with smaller scale factors for the
 * tables that change most.
 */
import { parseArgs } from 'node:util';
import pg from 'pg';
import { ServerProcess } from '../../test/processes/server-process.ts';
import { openLoop } from '../load/open-loop.ts';
import { suspendResume } from '../load/scenarios/requests.ts';
import { setFactor, statisticsOf, type TableStatistics } from '../postgres-tables/autovacuum.ts';
import { copyRows } from '../postgres-tables/copy-rows.ts';
import { fill } from '../retention/fill.ts';
import { largePostgres } from '../targets/databases.ts';
import { mebibytes, seconds } from '../units.ts';
import { wholeNumber } from '../whole-number.ts';

const USAGE = `npm run bench:churn -- [options]
  --promises N      number of old promises [1000000]; retention deletes a twentieth of them
  --factors F,...   autovacuum_vacuum_scale_factor of the tables; "default" for Postgres' own [default,0.02]
  --rate N          workflows per second, each with two promises, a task and a callback [50]
  --seconds N       duration of the load; autovacuum looks at the tables once a minute [300]
  --help`;
const CALLERS = 32;
/** The store writes this many promises. Then the database copies them, which is faster. */
const FILLED = 10_000;
const TABLES = ['promises', 'promise_tags', 'tasks', 'callbacks'];

const { values } = parseArgs({
  options: {
    promises: { type: 'string', default: '1000000' },
    factors: { type: 'string', default: 'default,0.02' },
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '300' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else {
  for (const factor of values.factors.split(',')) await bench(factor);
  await largePostgres.close?.();
}

async function bench(factor: string): Promise<void> {
  const database = await largePostgres.create();
  const { target, env } = database;
  if (target.type !== 'postgres') throw new Error('the database is not Postgres');
  const client = new pg.Client(target.url);
  try {
    await fill(target, FILLED);
    await client.connect();
    await copyRows(client, Math.ceil(wholeNumber('--promises', values.promises) / FILLED) - 1);
    await setFactor(client, TABLES, ['autovacuum_vacuum_scale_factor'], { option: '--factors', value: factor });
    await database.settle();
    const before = await tables(client);
    const server = await ServerProcess.start({
      storage: [],
      env,
      args: ['--retention-after', '1d', '--level', 'warn'],
    });
    try {
      console.log(`scale factor ${factor}: a workflow takes ${await churn(server.url)}`);
    } finally {
      await server.dispose();
    }
    report(factor, before, await tables(client));
  } finally {
    await client.end();
    await database.drop();
  }
}

async function churn(url: string): Promise<string> {
  let n = 0;
  const site = { url, callers: CALLERS, run: 'churn', nextId: () => `churn-${n++}` };
  const { rounds, close } = await suspendResume.open(site);
  try {
    const durationMs = wholeNumber('--seconds', values.seconds) * 1_000;
    const { p50, p99, max } = (
      await openLoop(rounds, wholeNumber('--rate', values.rate), durationMs)
    ).latencies.summary();
    return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, longest ${max.toFixed(0)} ms`;
  } finally {
    await close();
  }
}

/** Waits until all statistics have arrived. */
async function tables(client: pg.Client): Promise<TableStatistics[]> {
  await client.query('SELECT pg_sleep(2)');
  return statisticsOf(client, TABLES);
}

function report(factor: string, before: TableStatistics[], after: TableStatistics[]): void {
  const sizes = new Map(before.map((table) => [table.name, sizeOf(table)]));
  for (const table of after) {
    const { name, dead, vacuums, vacuumMs } = table;
    const size = `${mebibytes(sizes.get(name) ?? 0, 1)}, then ${mebibytes(sizeOf(table), 1)}`;
    const cost = `${vacuums} vacuums in ${seconds(vacuumMs)}`;
    console.log(`scale factor ${factor}, ${name}: ${size}; ${dead.toLocaleString('en')} dead rows; ${cost}`);
  }
}

function sizeOf({ bytes, indexBytes }: TableStatistics): number {
  return bytes + indexBytes;
}
