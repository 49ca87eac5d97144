import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { PromiseDetail } from '@resonate/admin';
import { FAR_FUTURE } from '../../http/state.ts';
import { EventStream } from '../../processes/event-stream.ts';
import { ServerProcess } from '../../processes/server-process.ts';
import { call } from '../../processes/wire.ts';
import { resonateFor } from './resonate.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

let server: ServerProcess;

beforeAll(async () => {
  server = await ServerProcess.start({ command: 'dev' });
});

afterAll(async () => {
  await server?.dispose();
});

interface Execute {
  data: { task: { id: string; version: number } };
}

test('a task that its worker releases again and again is delayed, and progress ends the delay', async () => {
  const stream = await EventStream.open(server.url, '/poll/paced/worker');
  await call(server.url, 'promise.create', {
    id: 'w',
    timeoutAt: FAR_FUTURE,
    tags: { 'resonate:target': 'poll://any@paced' },
  });
  const detail = async () => (await (await fetch(`${server.url}/admin/promises/w`)).json()) as PromiseDetail;
  const acquire = async () => {
    const { data } = (await stream.next()) as unknown as Execute;
    await call(server.url, 'task.acquire', { ...data.task, pid: 'worker', ttl: 60_000 });
    return data.task;
  };
  // The backoff before the fourth acquire is 0 + 0.5 + 1 s. Without it, that acquire would come within milliseconds.
  const startedAt = Date.now();
  for (let round = 1; round <= 3; round++) {
    const { id, version } = await acquire();
    await call(server.url, 'task.release', { id, version: version + 1 });
    expect((await detail()).task?.setbacks).toBe(round);
  }
  const lines = await resonateFor(server.url).terminal('tasks', 'get', 'w');
  expect(lines).toContainEqual(expect.stringMatching(/^given back +3 times in a row without progress$/));
  const { id, version } = await acquire();
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1_400);
  const data = { id: 'w.1', timeoutAt: FAR_FUTURE };
  const action = { kind: 'promise.create', head: {}, data };
  await call(server.url, 'task.fence', { id, version: version + 1, action });
  expect((await detail()).task?.setbacks).toBe(0);
  stream.break();
});
