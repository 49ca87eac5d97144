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
    if (factor !== 'default') await setFactor(client, factor);
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

/** Copies what is in the tables, with other ids. */
async function copyRows(client: pg.Client, times: number): Promise<void> {
  const copies = { promises: ['id', 'origin', 'branch', 'parent'], promise_tags: ['promise_id'], tasks: ['id'] };
  for (const [table, ids] of Object.entries(copies)) {
    const changed = ids.map((column) => `'${column}', t.${column} || '-' || n`).join();
    await client.query(`INSERT INTO ${table} SELECT r.* FROM ${table} t, generate_series(1, ${times}) n,
      jsonb_populate_record(t, jsonb_build_object(${changed})) r`);
  }
}

async function setFactor(client: pg.Client, factor: string): Promise<void> {
  const number = Number(factor);
  if (!(number >= 0 && number <= 100))
    throw new Error(`--factors: "default" or a number from 0 to 100, not "${factor}"`);
  for (const table of TABLES) {
    await client.query(`ALTER TABLE ${table} SET (autovacuum_vacuum_scale_factor = ${number})`);
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

interface Table {
  name: string;
  bytes: number;
  dead: number;
  vacuums: number;
  vacuumMs: number;
}

async function tables(client: pg.Client): Promise<Table[]> {
  // Statistics arrive about a second late.
  await client.query('SELECT pg_sleep(2)');
  const { rows } = await client.query<Record<keyof Table, string>>(
    `SELECT relname AS name, pg_total_relation_size(relid) AS bytes, n_dead_tup AS dead, autovacuum_count AS vacuums,
      total_autovacuum_time AS "vacuumMs" FROM pg_stat_user_tables WHERE schemaname = 'public' AND relname = ANY($1)`,
    [TABLES],
  );
  return rows.map(({ name, bytes, dead, vacuums, vacuumMs }) => ({
    name,
    bytes: Number(bytes),
    dead: Number(dead),
    vacuums: Number(vacuums),
    vacuumMs: Number(vacuumMs),
  }));
}

function report(factor: string, before: Table[], after: Table[]): void {
  for (const { name, bytes, dead, vacuums, vacuumMs } of after) {
    const start = before.find((table) => table.name === name)?.bytes ?? 0;
    const size = `${mebibytes(start, 1)}, then ${mebibytes(bytes, 1)}`;
    const cost = `${vacuums} vacuums in ${seconds(vacuumMs)}`;
    console.log(`scale factor ${factor}, ${name}: ${size}; ${dead.toLocaleString('en')} dead rows; ${cost}`);
  }
}
