import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient } from './http-client.ts';
import type { Measured, Step } from './bystander.ts';

/** Run by `Bystander`, in a process of its own so that the load's own work delays nothing here: see there. */

const EVERY_MS = 100;
/** So that one slow answer holds up no later request. */
const CONNECTIONS = 64;
const FAR_FUTURE = 9_000_000_000_000;

const [url = ''] = process.argv.slice(2);
const client = new HttpClient(url, CONNECTIONS);

/** Processor time of the computation that measures how busy the machine is, and after how many rounds it is done again. */
const COMPUTED_MS = 10;
const COMPUTED_EVERY = 10;

/** How many times longer than alone a computation takes on this machine now. */
function slowdown(): number {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  for (;;) {
    const { user, system } = process.cpuUsage(before);
    const usedMs = (user + system) / 1000;
    if (usedMs >= COMPUTED_MS) return Math.max(1, (performance.now() - startedAt) / usedMs);
  }
}

async function step(kind: string, data: object, lateMs: number): Promise<void> {
  const startedAt = performance.now();
  const body = JSON.stringify({ kind, head: { corrId: 'bystander', version: '2026-04-01' }, data });
  const answer = await client.post(body).then(
    ({ status, data }) => ({ status, fault: status === 200 ? undefined : String(data) }),
    (error: unknown) => ({ status: 0, fault: String(error) }),
  );
  const taken: Step = { kind, ...answer, ms: performance.now() - startedAt, lateMs };
  process.send?.(taken);
}

async function createAndSettle(id: string, lateMs: number): Promise<void> {
  await step('promise.create', { id, timeoutAt: FAR_FUTURE, param: { data: 'eA==' } }, lateMs);
  await step('promise.settle', { id, state: 'resolved', value: { data: 'eA==' } }, lateMs);
}

process.once('disconnect', () => process.exit());
let dueAt = performance.now();
for (let count = 0; ; count++) {
  if (count % COMPUTED_EVERY === 0) process.send?.({ slowdown: slowdown() } satisfies Measured);
  // What this process itself is late by: the machine's noise.
  const lateMs = Math.max(0, performance.now() - dueAt);
  void createAndSettle(`bystander.${process.pid}.${count}`, lateMs);
  const now = performance.now();
  dueAt = Math.max(dueAt + EVERY_MS, now);
  await sleep(dueAt - now);
}
