/**
 * `npm run bench:hanging`: from sending promise.create until a target has the message, while another target hangs with
 * 400 messages, and without it.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServerProcess } from '../../test/processes/server-process.ts';
import { Connection } from '../load/connection.ts';
import { Latencies } from '../load/latencies.ts';
import * as body from '../load/requests.ts';
import { ok } from '../load/scenario.ts';
import { Arrivals } from '../load/scenarios/arrivals.ts';

const HANGING = 400;
const SOUND = 200;
const CALLERS = 4;
const WARM_UP = 200;

const arrivals = new Arrivals<number>();
const sound = await target((id, answer) => {
  arrivals.arrive(id, performance.now());
  answer();
});
let hang = 0;
const hanging = await target(() => hang++);
const server = await ServerProcess.start();
try {
  await deliver('warm', WARM_UP);
  print('alone', await deliver('alone', SOUND));
  const connection = await Connection.open(server.url);
  for (let n = 0; n < HANGING; n++) await ok(connection, body.callCreate(`hanging-${n}`, hanging.url));
  connection.close();
  const beside = await deliver('beside', SOUND);
  print(`beside ${HANGING} that hang (${hang} of them under way)`, beside);
} finally {
  await server.dispose();
  for (const { stop } of [sound, hanging]) stop();
}

async function deliver(name: string, count: number): Promise<Latencies> {
  const latencies = new Latencies();
  let n = 0;
  const caller = async () => {
    const connection = await Connection.open(server.url);
    while (n < count) {
      const id = `${name}-${n++}`;
      const heard = arrivals.wait(id);
      const startedAt = performance.now();
      await ok(connection, body.callCreate(id, sound.url));
      latencies.record((await heard) - startedAt);
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

/** @param receive may answer, or not. */
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
