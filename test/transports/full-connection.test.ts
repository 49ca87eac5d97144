import { afterEach, expect, jest, test } from '@jest/globals';
import { ServerProcess } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';
import { call } from '../processes/wire.ts';
import { WorkerSocket } from '../processes/worker-socket.ts';

jest.setTimeout(120_000);

const FAR_FUTURE = 4_102_444_800_000;

let server: ServerProcess;

afterEach(() => server?.dispose());

async function settleFor(address: string, id: string): Promise<void> {
  await call(server.url, 'promise.create', { id, timeoutAt: FAR_FUTURE, param: {}, tags: {} });
  await call(server.url, 'promise.register_listener', { awaited: id, address });
  await call(server.url, 'promise.settle', { id, state: 'resolved', value: {} });
}

async function dropped(): Promise<number> {
  const metrics = await (await fetch(server.metricsUrl)).text();
  return Number(/^resonate_unblocks_dropped_total (\d+)/m.exec(metrics)?.[1] ?? 0);
}

test('messages for one connection that is open but full are kept, and those of a closed connection are dropped', async () => {
  const args = ['--messages-uni-max-age', '2s', '--transports-http-poll-buffer-size', '2'];
  server = await ServerProcess.start({ args });
  const slow = await WorkerSocket.open(server.url, '/connect/group/slow');
  const ids = Array.from({ length: 6 }, (_, index) => `p${index}`);
  for (const id of ids) await settleFor('poll://uni@group/slow', id);
  // It is due last. When it is dropped, the others would have been dropped, too.
  await settleFor('poll://uni@group/gone', 'last');
  await until('the message for the closed connection is dropped', 60_000, async () => (await dropped()) > 0);
  expect(await dropped()).toBe(1);
  expect(slow.waiting).toBe(2);
  const arrived: unknown[] = [];
  while (arrived.length < ids.length) {
    arrived.push((await slow.next()).data.promise?.id);
    slow.acknowledge(arrived.length);
  }
  expect(arrived.sort()).toEqual(ids);
});
