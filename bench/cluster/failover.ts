import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../test/processes/until.ts';
import { call } from '../../test/processes/wire.ts';
import { EventStream } from '../load/event-stream.ts';
import type { Cluster } from './cluster.ts';

const FAULTS = ['kill -9', 'SIGSTOP', 'SIGTERM'] as const;
export type Fault = (typeof FAULTS)[number];

/** The interval at which timers come due. It is also the resolution of a measured gap. */
const TIMER_EVERY_MS = 50;
const TIMERS_FOR_MS = 10_000;
const SETTLE_MS = 1_000;

/** Kills, freezes and stops the leading scheduler. @returns for each time, how long no timer fired, ms. */
export async function failover(cluster: Cluster, times: number): Promise<Record<Fault, number[]>> {
  const gaps: Record<Fault, number[]> = { 'kill -9': [], SIGSTOP: [], SIGTERM: [] };
  for (const fault of FAULTS) {
    for (let n = 0; n < times; n++) gaps[fault].push(await gapAfter(fault, cluster));
  }
  return gaps;
}

async function gapAfter(fault: Fault, { processes }: Cluster): Promise<number> {
  const [api] = processes.api;
  if (!api) throw new Error('no api process is running');
  const leader = await until('one leads', 15_000, () => {
    const leading = processes.scheduler.filter((scheduler) => scheduler.isRunning && scheduler.leads);
    return leading.length === 1 && leading[0];
  });
  const fired: number[] = [];
  const stream = await EventStream.open(api.url, 'timers', 'bench', () => void fired.push(performance.now()));
  const firstAt = Date.now() + SETTLE_MS;
  const run = firstAt.toString(36);
  const count = TIMERS_FOR_MS / TIMER_EVERY_MS;
  await Promise.all(
    Array.from({ length: count }, (_, n) => listen(api.url, `${run}-${n}`, firstAt + n * TIMER_EVERY_MS)),
  );
  await until('timers fire', 10_000, () => fired.length > 0);
  if (fault === 'kill -9') await leader.kill9();
  else if (fault === 'SIGSTOP') leader.freeze();
  else await leader.terminate();
  await until('all timers have fired', 30_000, () => fired.length === count);
  stream.close();
  await leader.heal();
  await pause(SETTLE_MS);
  return Math.max(...fired.map((at, index) => at - (fired[index - 1] ?? at)));
}

async function listen(url: string, id: string, timeoutAt: number): Promise<void> {
  await call(url, 'promise.create', { id, timeoutAt, param: { headers: {}, data: '' }, tags: {} });
  await call(url, 'promise.register_listener', { awaited: id, address: 'poll://uni@timers/bench' });
}
