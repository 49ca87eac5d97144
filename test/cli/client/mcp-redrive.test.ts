import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { FAR_FUTURE } from '../../http/state.ts';
import { freePort } from '../../processes/free-port.ts';
import { HttpClient } from '../../processes/http-client.ts';
import { RESONATE, ServerProcess } from '../../processes/server-process.ts';
import { until } from '../../processes/until.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(120_000);
const WITHIN_MS = 30_000;

let server: ServerProcess;
let http: HttpClient;
const mcp = new Client({ name: 'test', version: '1.0.0' });

beforeAll(async () => {
  server = await ServerProcess.start({ command: 'dev', args: ['--messages-max-attempts', '1'] });
  http = new HttpClient(server.url);
  const args = ['mcp', '--server', server.url];
  await mcp.connect(new StdioClientTransport({ command: RESONATE, args, stderr: 'ignore' }));
});

afterAll(async () => {
  await mcp.close();
  http?.close();
  await server?.stop();
  await server?.dispose();
});

async function call<T>(name: string, args: Record<string, unknown>): Promise<T> {
  const { content } = await mcp.callTool({ name, arguments: args });
  return JSON.parse((content as { text: string }[])[0]?.text ?? '') as T;
}

test('all dead letters are sent again by a job, which ends although they fail again', async () => {
  const address = `http://127.0.0.1:${await freePort()}/`;
  await http.rpc('promise.create', { id: 'unheard', timeoutAt: FAR_FUTURE });
  await http.rpc('promise.register_listener', { awaited: 'unheard', address });
  await http.rpc('promise.settle', { id: 'unheard', state: 'resolved', value: {} });
  const letters = async () => (await call<{ deadLetters: { id: number }[] }>('dead-letter-list', {})).deadLetters;
  const first = await until('the message is a dead letter', WITHIN_MS, async () => (await letters())[0]);
  const { redrive } = await call<{ redrive: { id: string } }>('dead-letter-redrive', { all: true });
  const job = await until('the job ends', WITHIN_MS, async () => {
    const { body } = await http.send({ path: `/admin/jobs/redrive/${redrive.id}`, method: 'GET', headers: {} });
    const { redrive: seen } = JSON.parse(body) as { redrive: { endedAt?: number; redriven: number } };
    return seen.endedAt !== undefined && seen;
  });
  expect(job.redriven).toBe(1);
  await until('the message is a dead letter again', WITHIN_MS, async () => {
    const [letter] = await letters();
    return letter !== undefined && letter.id !== first.id;
  });
});
