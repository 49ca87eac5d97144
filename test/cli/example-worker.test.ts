import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { runTask } from '../../examples/worker/run-task.ts';
import { FAR_FUTURE } from '../http/state.ts';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(120_000);

let server: ServerProcess;
let client: HttpClient;

beforeAll(async () => {
  server = await ServerProcess.start({ command: 'dev' });
  client = new HttpClient(server.url);
});

afterAll(async () => {
  client?.close();
  await server?.stop();
  await server?.dispose();
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Creates a task with this param and runs it. @returns the settled promise. */
async function run(id: string, param: string, work: (param: unknown) => Promise<unknown>) {
  const tags = { 'resonate:target': 'poll://any@nobody' };
  await client.rpc('promise.create', { id, timeoutAt: FAR_FUTURE, param: { data: base64(param) }, tags });
  const { task } = (await client.rpc('task.get', { id })).data as { task: { version: number } };
  const message = {
    kind: 'execute',
    head: { serverUrl: server.url },
    data: { task: { id, version: task.version } },
  } as const;
  expect(await runTask(message, work)).toBe(true);
  const { promise } = (await client.rpc('promise.get', { id })).data as {
    promise: { state: string; value: { data: string } };
  };
  return { state: promise.state, value: JSON.parse(Buffer.from(promise.value.data, 'base64').toString()) as unknown };
}

test('the example worker resolves the promise with the result', async () => {
  const double = async (param: unknown) => 2 * (param as number);
  expect(await run('good', '21', double)).toEqual({ state: 'resolved', value: 42 });
});

const FAILURES: [name: string, param: string, work: () => Promise<unknown>, reason: string][] = [
  ['the param is not JSON', '{not JSON', async () => 1, 'not JSON'],
  ['the work fails', '1', () => Promise.reject(new Error('no stock')), 'no stock'],
  ['the result cannot be written as JSON', '1', async () => 1n, 'BigInt'],
];

test.each(FAILURES)('the example worker rejects the promise if %s', async (id, param, work, reason) => {
  expect(await run(id, param, work)).toEqual({ state: 'rejected', value: expect.stringContaining(reason) });
});
