import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient } from './http-client.ts';
import type { Measured, Step } from './bystander.ts';

/** `Bystander` runs this in a separate process, so that the work of the load does not delay it. */

const EVERY_MS = 100;
/** Many connections, so that one slow answer does not delay later requests. */
const CONNECTIONS = 64;
const FAR_FUTURE = 9_000_000_000_000;

const [url = ''] = process.argv.slice(2);
const client = new HttpClient(url, CONNECTIONS);

/** The CPU time of the computation that measures how busy the machine is, and the number of rounds after which it repeats. */
const COMPUTED_MS = 10;
const COMPUTED_EVERY = 10;

/** How much slower a computation is now than on an idle machine: its duration divided by its CPU time. */
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
  // How late this process itself was woken. The cause is the machine, not the server.
  const lateMs = Math.max(0, performance.now() - dueAt);
  void createAndSettle(`bystander.${process.pid}.${count}`, lateMs);
  const now = performance.now();
  dueAt = Math.max(dueAt + EVERY_MS, now);
  await sleep(dueAt - now);
}
