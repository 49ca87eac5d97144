/**
 * `npm run bench:connections`: measures what 1,000 WebSockets of idle workers cost an api. It measures memory and CPU
 * of the process for half a minute without connections, then for half a minute with them. The process has all roles on
 * SQLite, which are idle, too. The benchmark takes at most two minutes.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocketNetwork } from '../../clients/typescript/src/index.ts';
import { ServerProcess } from '../../test/processes/server-process.ts';
import { until } from '../../test/processes/until.ts';
import { cpuMs } from '../cpu.ts';

const CONNECTIONS = 1_000;
/** How many connections are opened at the same time. */
const AT_ONCE = 50;
const OPEN_WITHIN_MS = 30_000;
/** The duration of a measurement. Each connection carries two pings in this time. */
const MEASURED_MS = 30_000;
/**
 * The wait before a measurement, because the process is not idle right after the start or after the last connection
 * opened.
 */
const SETTLING_MS = 5_000;

interface Cost {
  /** Resident set in bytes, at the end. */
  memory: number;
  /** CPU time in ms per second. */
  cpu: number;
}

const server = await ServerProcess.start({});
const networks: WebSocketNetwork[] = [];
try {
  const without = await measure();
  print('without connections', without);
  await open();
  const beside = await measure();
  print(`with ${CONNECTIONS} connections`, beside);
  const kib = (beside.memory - without.memory) / CONNECTIONS / 1_024;
  const cpu = ((beside.cpu - without.cpu) / CONNECTIONS) * 1_000;
  console.log(`each connection: ${kib.toFixed(1)} KiB, ${cpu.toFixed(1)} us of CPU per second`);
} finally {
  await Promise.all(networks.map((network) => network.stop()));
  await server.dispose();
}

async function measure(): Promise<Cost> {
  await pause(SETTLING_MS);
  const before = cpuOf(server.pid);
  await pause(MEASURED_MS);
  const used = cpuOf(server.pid) - before;
  return { memory: residentBytes(server.pid), cpu: (used / MEASURED_MS) * 1_000 };
}

/** Opens all connections and waits until the server counts them. */
async function open(): Promise<void> {
  while (networks.length < CONNECTIONS) {
    const count = Math.min(AT_ONCE, CONNECTIONS - networks.length);
    const opening = Array.from({ length: count }, () => new WebSocketNetwork({ url: server.url, group: 'idle' }));
    networks.push(...opening);
    await Promise.all(opening.map((network) => network.init()));
    await until(`${networks.length} connections`, OPEN_WITHIN_MS, async () => (await opened()) === networks.length);
  }
}

async function opened(): Promise<number> {
  const metrics = await (await fetch(server.metricsUrl)).text();
  return Number(/^resonate_websocket_connections (\d+)/m.exec(metrics)?.[1] ?? 0);
}

function cpuOf(pid: number): number {
  const ms = cpuMs([pid]);
  if (ms === undefined) throw new Error('this needs Linux: CPU time is read from /proc');
  return ms;
}

function residentBytes(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1_024;
}

function print(what: string, { memory, cpu }: Cost): void {
  console.log(`${what}: ${(memory / 2 ** 20).toFixed(1)} MiB, ${cpu.toFixed(1)} ms of CPU per second`);
}
