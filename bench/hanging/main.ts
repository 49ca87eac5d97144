/**
 * `npm run bench:hanging`: measures the time from when a promise.create is due to be sent until a target has the
 * message. It measures a target alone, beside a target that hangs with 400 messages, and beside 1,500 unreachable
 * targets whose messages are deferred. The rate is fixed at 100 messages/s. Callers that send as fast as they are
 * answered would measure the machine instead: 200 messages at once are 200 commits and 200 pushes.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { ServerProcess } from '../../test/processes/server-process.ts';
import { until } from '../../test/processes/until.ts';
import { Connection } from '../load/connection.ts';
import { Latencies } from '../load/latencies.ts';
import * as body from '../load/requests.ts';
import { ok } from '../load/scenario.ts';
import { Arrivals } from '../load/scenarios/arrivals.ts';

const HANGING = 400;
const DEAD = 1_500;
const HEALTHY = 200;
const EVERY_MS = 10;
const CALLERS = 20;
const WARM_UP = 400;

const arrivals = new Arrivals<number>();
const healthy = await target((id, answer) => {
  arrivals.arrive(id, performance.now());
  answer();
});
let hang = 0;
const hanging = await target(() => hang++);
// The circuit of a dead target opens at its first failure.
const server = await ServerProcess.start({ args: ['--messages-circuit-failures', '1'] });
try {
  await deliver('warm', WARM_UP, 0);
  print('alone', await deliver('alone', HEALTHY));
  await create(HANGING, (n) => [`hanging-${n}`, hanging.url]);
  const beside = await deliver('beside', HEALTHY);
  print(`beside a hanging target with ${HANGING} messages (${hang} of them being pushed)`, beside);
  const creating = create(DEAD, (n) => [`dead-${n}`, `http://127.${1 + (n >> 8)}.${n & 255}.1:9/`]);
  print(`while ${DEAD} messages for dead targets arrive`, await deliver('coming', HEALTHY));
  await creating;
  await until('all circuits open', 180_000, async () => (await openCircuits()) >= DEAD);
  print(`beside ${DEAD} dead targets`, await deliver('later', HEALTHY));
} finally {
  await server.dispose();
  for (const { stop } of [healthy, hanging]) stop();
}

async function create(count: number, message: (n: number) => [id: string, address: string]): Promise<void> {
  let n = 0;
  const caller = async () => {
    const connection = await Connection.open(server.url);
    while (n < count) await ok(connection, body.callCreate(...message(n++)));
    connection.close();
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

async function openCircuits(): Promise<number> {
  const metrics = await (await fetch(server.metricsUrl)).text();
  return Number(/^resonate_circuits_open\{transport="http"\} (\d+)/m.exec(metrics)?.[1] ?? 0);
}

/** Sends a message every `everyMs`. Each latency counts from the time when the message was due to be sent. */
async function deliver(name: string, count: number, everyMs = EVERY_MS): Promise<Latencies> {
  const latencies = new Latencies();
  const startedAt = performance.now();
  let n = 0;
  const caller = async () => {
    const connection = await Connection.open(server.url);
    while (n < count) {
      const turn = n++;
      const dueAt = everyMs === 0 ? performance.now() : startedAt + turn * everyMs;
      await pause(Math.max(0, dueAt - performance.now()));
      const id = `${name}-${turn}`;
      const heard = arrivals.wait(id);
      await ok(connection, body.callCreate(id, healthy.url));
      latencies.record((await heard) - dueAt);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return latencies;
}

function print(what: string, latencies: Latencies): void {
  const { count, p50, p99, max } = latencies.summary();
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  console.log(`${count} messages ${what}: p50 ${ms(p50)}, p99 ${ms(p99)}, longest ${ms(max)}`);
}

/** @param receive called for each message; it may answer or leave the push hanging. */
async function target(receive: (id: string, answer: () => void) => void) {
  const receiver = createServer((request, response) => {
    void idOf(request).then((id) => receive(id, () => response.end()));
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  return {
    url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
    stop: () => {
      receiver.closeAllConnections();
      receiver.close();
    },
  };
}

async function idOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return (JSON.parse(text) as { data: { task: { id: string } } }).data.task.id;
}
