/**
 * `npm run bench:dashboard`: measures what 20 open dashboards cost a server at half of its maximum load. Ten request
 * `/admin/overview` (the cluster page), ten request the newest workflows. Each loads its data again when an event reports
 * a change. The result is the CPU time of the server, in alternating rounds with and without dashboards, because on a
 * shared machine CPU time is more reliable than rates.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ServerProcess } from '../../test/processes/server-process.ts';
import { cpuMs } from '../cpu.ts';
import { Connection } from '../load/connection.ts';
import * as body from '../load/requests.ts';
import { ok } from '../load/scenario.ts';
import { median } from '../median.ts';
import { Page } from './page.ts';

const DASHBOARDS = 20;
const CALLERS = 16;
const PREFILLED = 10_000;
const ROUND_MS = 5_000;
const ROUNDS = 3;

let created = 0;
const server = await ServerProcess.start({});
try {
  const connections = await Promise.all(Array.from({ length: CALLERS }, () => Connection.open(server.url)));
  const fillMs = await load(connections, () => created < PREFILLED, 0);
  const perSecond = (PREFILLED / fillMs) * 1_000;
  console.log(`full load: ${Math.round(perSecond)} promise.create a second; half of it from now on`);
  const [alone, watched]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(await shareOfCpu(connections, perSecond / 2));
    const pages = Array.from(
      { length: DASHBOARDS },
      (_, n) => new Page(server.url, n % 2 === 0 ? 'overview' : 'promises?roots=true'),
    );
    await Promise.all(pages.map((page) => page.open()));
    watched.push(await shareOfCpu(connections, perSecond / 2));
    const answers = pages.reduce((sum, page) => sum + page.answers, 0);
    pages.forEach((page) => page.close());
    console.log(
      `round ${round + 1}: CPU ${percent(alone[round])} alone, ${percent(watched[round])} with ${DASHBOARDS}`,
    );
    console.log(`  (${Math.round((answers / ROUND_MS) * 1_000)} answers a second to pages)`);
  }
  const cost = median(watched.map((share, round) => share - (alone[round] ?? 0)));
  console.log(`${DASHBOARDS} dashboards take ${percent(cost)} of one core, on which requests are answered`);
  connections.forEach((connection) => connection.close());
} finally {
  await server.dispose();
}

/**
 * Creates promises while `goesOn` returns true. @param everyMs the time between two creates; 0: as fast as they are
 * answered.
 */
async function load(connections: Connection[], goesOn: () => boolean, everyMs: number): Promise<number> {
  const start = performance.now();
  let turn = 0;
  const caller = async (connection: Connection) => {
    while (goesOn()) {
      const dueAt = start + turn++ * everyMs;
      if (everyMs > 0) await pause(Math.max(0, dueAt - performance.now()));
      await ok(connection, body.promiseCreate(`dashboard-${created++}`));
    }
  };
  await Promise.all(connections.map(caller));
  return performance.now() - start;
}

/** The share of one core that the server uses while it gets requests at this rate. */
async function shareOfCpu(connections: Connection[], perSecond: number): Promise<number> {
  const [start, before] = [performance.now(), cpuMs([server.pid]) ?? 0];
  await load(connections, () => performance.now() < start + ROUND_MS, 1_000 / perSecond);
  return ((cpuMs([server.pid]) ?? 0) - before) / (performance.now() - start);
}

function percent(share = 0): string {
  return `${(share * 100).toFixed(1)} %`;
}
