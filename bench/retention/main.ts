/**
 * `npm run bench:retention`: measures create and settle while retention deletes 5 % of 1,000,000 promises, and before
 * and after that on the same server. The exit code is 3 if the p99 during retention is more than 1.2 times the p99
 * without it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ServerProcess } from '../../test/processes/server-process.ts';
import { TOO_SLOW } from '../exit-codes.ts';
import { LARGE_STORAGES, storagesNamed } from '../targets/index.ts';
import type { Database, Storage } from '../targets/storage.ts';
import { seconds } from '../units.ts';
import { wholeNumber } from '../whole-number.ts';
import { deletedBy } from './deleted.ts';
import { fill, type Filled } from './fill.ts';
import { Load, type Operation } from './load.ts';

const USAGE = `npm run bench:retention -- [options]
  --promises N       number of promises in the tables [1000000]; a twentieth of them is old enough to be deleted
  --targets NAME,... of: ${LARGE_STORAGES.map(({ name }) => name).join(', ')} [sqlite,postgres]
  --rate N           promises that are created and settled per second [500]
  --connections N    number of connections for that [16]
  --interval TIME    retention.interval [1m]; if it is short, retention soon lags and takes its largest share of the time
  --seconds N        duration of the measurement without retention, half before and half after it [20]
  --help`;
const WARM_UP_MS = 4_000;
const LOOK_EVERY_MS = 250;
const CLEARED_WITHIN_MS = 600_000;
/** The largest allowed ratio between the p99 during retention and the p99 without it. */
const MOST = 1.2;
const WINDOW_MS = 2_000;

const { values } = parseArgs({
  options: {
    promises: { type: 'string', default: '1000000' },
    targets: { type: 'string', default: 'sqlite,postgres' },
    rate: { type: 'string', default: '500' },
    connections: { type: 'string', default: '16' },
    interval: { type: 'string', default: '1m' },
    seconds: { type: 'string', default: '20' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else for (const storage of storagesNamed('--targets', values.targets, LARGE_STORAGES)) await bench(storage);

async function bench(storage: Storage): Promise<void> {
  const database = await storage.create();
  try {
    const startedAt = performance.now();
    const filled = await fill(database.target, wholeNumber('--promises', values.promises));
    await database.settle();
    console.log(`${storage.name}: ${values.promises} promises in ${seconds(performance.now() - startedAt)}`);
    await measure(storage.name, database, filled);
  } finally {
    await database.drop();
    await storage.close?.();
  }
}

async function measure(name: string, { env }: Database, { expired, expiredAt }: Filled): Promise<void> {
  const idleMs = (wholeNumber('--seconds', values.seconds) * 1_000) / 2;
  // The retention period ends while the load runs. So the same server is measured with and without retention.
  const expiresAt = Date.now() + 3_000 + WARM_UP_MS + idleMs;
  const retention = ['--retention-after', `${expiresAt - expiredAt}ms`, '--retention-interval', values.interval];
  const server = await ServerProcess.start({ storage: [], env, args: [...retention, '--level', 'warn'] });
  try {
    const load = await Load.start(
      server.url,
      wholeNumber('--connections', values.connections),
      wholeNumber('--rate', values.rate),
    );
    await pause(WARM_UP_MS);
    const from = performance.now();
    const { begunAt, clearedAt } = await cleared(server, expired);
    await pause(idleMs);
    const idle = [[from, begunAt] as const, [clearedAt, performance.now()] as const];
    await load.stop();
    const rate = Math.round((expired * 1_000) / (clearedAt - begunAt));
    console.log(`${name}: ${expired} deleted within ${seconds(clearedAt - begunAt)}, ${rate} each second`);
    report(name, load, idle, [[begunAt, clearedAt]]);
  } finally {
    await server.dispose();
  }
}

/** Polls the server until everything is deleted. @returns when that began and ended. */
async function cleared(server: ServerProcess, expired: number): Promise<{ begunAt: number; clearedAt: number }> {
  let begunAt = performance.now();
  for (const giveUpAt = begunAt + CLEARED_WITHIN_MS; performance.now() < giveUpAt;) {
    const lookedAt = performance.now();
    const deleted = await deletedBy(server);
    if (deleted >= expired) return { begunAt, clearedAt: performance.now() };
    if (deleted === 0) begunAt = lookedAt;
    await pause(LOOK_EVERY_MS);
  }
  throw new Error(`not everything was deleted within ${seconds(CLEARED_WITHIN_MS)}\n${server.output()}`);
}

type Spans = (readonly [from: number, to: number])[];

function report(name: string, load: Load, idle: Spans, beside: Spans): void {
  for (const operation of ['create', 'settle'] as const) {
    const summaryOf = (spans: Spans) => load.latencies(spans)[operation].summary();
    const [one, other] = [summaryOf(idle), summaryOf(beside)];
    const windows = [idle, beside].map((spans) => `${medianP99(load, operation, spans).toFixed(1)} ms`).join(', ');
    const ratio = other.p99 / one.p99;
    const ms = (value: number) => `${value.toFixed(1)} ms`;
    console.log(
      `${name} ${operation}: p50 ${ms(one.p50)}, ${ms(other.p50)} during retention; ` +
        `p99 ${ms(one.p99)}, ${ms(other.p99)} during retention: ${ratio.toFixed(2)} times; ` +
        `median p99 of 2 s ${windows}; longest ${ms(one.max)}, ${ms(other.max)}`,
    );
    if (ratio > MOST) process.exitCode = TOO_SLOW;
  }
}

/** The p99 of each span of 2 s, and of these the median. A single pause of the machine does not change it. */
function medianP99(load: Load, operation: Operation, spans: Spans): number {
  const windows = spans.flatMap(([from, to]) =>
    Array.from({ length: Math.floor((to - from) / WINDOW_MS) }, (_, index) => from + index * WINDOW_MS),
  );
  const p99s = windows.map((from) => load.latencies([[from, from + WINDOW_MS]])[operation].summary().p99);
  return p99s.sort((one, other) => one - other)[p99s.length >> 1] ?? NaN;
}
