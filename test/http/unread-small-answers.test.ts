import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';
import { WorkerSocket } from '../processes/worker-socket.ts';
import { FAR_FUTURE } from './state.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

const CONNECTIONS = 12;
/** As many as one connection may have in flight. */
const REQUESTS = 1_024;

let server: ServerProcess;
let client: HttpClient;

beforeAll(async () => {
  server = await ServerProcess.start({ command: 'dev', args: ['--server-max-unread-answers', String(24 << 20)] });
  client = new HttpClient(server.url);
  const param = { data: 'x'.repeat(15_000) };
  expect(await client.rpc('promise.create', { id: 'small', timeoutAt: FAR_FUTURE, param })).toMatchObject({
    status: 200,
  });
});

afterAll(async () => {
  client?.close();
  await server?.dispose();
});

test('small answers that WebSockets do not read count towards the limit for unread answers, too', async () => {
  const workers = await Promise.all(
    Array.from({ length: CONNECTIONS }, (_, index) => WorkerSocket.open(server.url, `/connect/unread/${index}`)),
  );
  // 15 MB for each of them: the buffers of the operating systems hold a part of it.
  for (const worker of workers) {
    worker.socket.pause();
    for (let count = 0; count < REQUESTS; count++) worker.ask('promise.get', { id: 'small' }).catch(() => undefined);
  }
  let left = CONNECTIONS;
  await until('some are cut off', 60_000, async () => {
    expect(await client.rpc('promise.get', { id: 'none' })).toMatchObject({ status: 404 });
    const text = await (await fetch(server.metricsUrl)).text();
    left = Number(/^resonate_websocket_connections (\d+)$/m.exec(text)?.[1]);
    return left < CONNECTIONS;
  });
  // Those within the limit stay. Without the limit all of them would be closed together, because none answers pings.
  expect(left).toBeGreaterThan(0);
  for (const worker of workers) worker.break();
});
