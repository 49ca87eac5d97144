import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { HttpNetwork, Resonate, type Context } from '@resonatehq/sdk';
import { EventStream } from '../processes/event-stream.ts';
import { ServerProcess } from '../processes/server-process.ts';
import type { Spawned } from '../processes/spawned.ts';
import { until } from '../processes/until.ts';
import { call } from '../processes/wire.ts';
import { encoded } from './client.ts';
import { PushReceiver } from './push-receiver.ts';
import { relay } from './workers/functions.ts';
import { startWorker } from './worker-process.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(120_000);

/** It stands for a minute in production: retries and waits are 100 times shorter here. */
const MINUTE_MS = 600;
const SHORTENED = ['--messages-backoff-min', '5', '--messages-backoff-max', '100', '--tasks-retry-timeout', '300'];
const WORKERS = 'workers';
const SOCKETS = 'sockets';

let server: ServerProcess;
/** One worker has an event stream, the other one a WebSocket. */
let workers: Spawned[] = [];
/** Functions served over HTTP. */
let receiver: PushReceiver;
let served: Resonate;

beforeAll(async () => {
  server = await ServerProcess.start({ args: SHORTENED });
  const { url } = server;
  workers = await Promise.all([
    startWorker({ sdk: '0.11.5', url, name: 'streaming', group: WORKERS }),
    startWorker({ sdk: '0.11.5', url, name: 'socket', group: SOCKETS, network: 'websocket' }),
  ]);
  receiver = await PushReceiver.listen();
  served = new Resonate({ network: new HttpNetwork({ url: server.url, adapter: receiver }), logLevel: 'error' });
  served.register('relay', relay);
  served.register('add', (_: Context, a: number, b: number) => a + b);
});

afterAll(async () => {
  await served?.stop();
  for (const worker of workers) await worker.kill9();
  await server?.dispose();
});

test('a workflow calls functions over HTTP push and workers over event streams and WebSockets in turn', async () => {
  const stops = [WORKERS, receiver.anycast, SOCKETS, receiver.anycast, WORKERS, SOCKETS];
  const before = { ...receiver.received };
  const target = served.options({ target: receiver.anycast });
  await expect(served.rpc('both-ways', 'relay', stops, target)).resolves.toBe(stops.length);
  // The messages: its own task, two stops at this function, and the notification of the caller.
  expect(receiver.received.execute).toBeGreaterThanOrEqual(before.execute + 3);
  expect(receiver.received.unblock).toBeGreaterThan(before.unblock);
});

test('50 workflows that begin on each side run at once', async () => {
  const targets = [receiver.anycast, WORKERS, SOCKETS];
  const targetOf = (n: number) => targets[n % targets.length] ?? '';
  const runs = Array.from({ length: 50 }, (_, n) => {
    const stops = [targetOf(n + 1), targetOf(n)];
    return served.rpc(`many-${n}`, 'relay', stops, served.options({ target: targetOf(n) }));
  });
  expect(await Promise.all(runs)).toEqual(runs.map(() => 2));
});

test('a listener over HTTP push that is down for a minute gets its unblock when it runs again', async () => {
  await call(server.url, 'promise.create', { id: 'away', timeoutAt: Date.now() + 3_600_000, tags: {} });
  const handle = await served.get<string>('away');
  const result = handle.result();
  // The SDK does this too, but does not say when it has done so.
  await call(server.url, 'promise.register_listener', { awaited: 'away', address: receiver.unicast });
  const before = receiver.received.unblock;
  receiver.isAway = true;
  await call(server.url, 'promise.settle', { id: 'away', state: 'resolved', value: encoded('back') });
  await aMinute('http');
  expect(receiver.refused).toBeGreaterThan(3);
  receiver.isAway = false;
  await expect(result).resolves.toBe('back');
  expect(receiver.received.unblock).toBeGreaterThan(before);
});

test('a listener over an event stream that is down for a minute gets its unblock when it is connected again', async () => {
  const stream = await EventStream.open(server.url, '/poll/listeners/one');
  await call(server.url, 'promise.create', { id: 'broken', timeoutAt: Date.now() + 3_600_000, tags: {} });
  await call(server.url, 'promise.register_listener', { awaited: 'broken', address: 'poll://uni@listeners/one' });
  stream.break();
  await stream.ended;
  await call(server.url, 'promise.settle', { id: 'broken', state: 'resolved', value: encoded('back') });
  await aMinute('poll');
  const again = await EventStream.open(server.url, '/poll/listeners/one');
  expect(await again.next()).toMatchObject({ kind: 'unblock', data: { promise: { id: 'broken', state: 'resolved' } } });
  again.break();
});

/** Resolves when this time has passed on the server's clock, which a timer of the server shows. */
async function aMinute(id: string): Promise<void> {
  const timer = { id: `minute-${id}`, timeoutAt: Date.now() + MINUTE_MS, tags: { 'resonate:timer': 'true' } };
  await call(server.url, 'promise.create', timer);
  await until('a minute', 30_000, async () => {
    const { promise } = (await call(server.url, 'promise.get', { id: timer.id })) as { promise: { state: string } };
    return promise.state === 'resolved';
  });
}
