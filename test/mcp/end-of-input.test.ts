import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { RESONATE } from '../processes/server-process.ts';
import { withoutResonateVariables } from '../processes/spawned.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

/** Called when a request for a promise arrives. Its answer is sent when the result resolves. */
let beforeAnswer: () => Promise<void> = async () => {};

const server = createServer((request, response) => void respond(request, response));

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  // The event stream of the session stays open.
  if (request.method === 'GET')
    return void response.writeHead(200, { 'content-type': 'text/event-stream' }).write('\n');
  await beforeAnswer();
  const { kind } = JSON.parse(body) as { kind: string };
  const promise = { id: 'p', state: 'pending', param: {}, value: {}, tags: {}, createdAt: 1, timeoutAt: 2 };
  const head = { corrId: 'c', status: 200, version: '2026-04-01' };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ kind, head, data: { promise } }));
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

let child: ChildProcessWithoutNullStreams | undefined;

afterEach(() => void child?.kill('SIGKILL'));

function start(): ChildProcessWithoutNullStreams {
  const { port } = server.address() as AddressInfo;
  child = spawn(RESONATE, ['mcp', '--server', `http://127.0.0.1:${port}`], { env: withoutResonateVariables() });
  return child;
}

const message = (id: number, method: string, params: object) =>
  `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;
const hello = message(1, 'initialize', {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
});
const get = (id: number) => message(id, 'tools/call', { name: 'promise-get', arguments: { id: 'p' } });

test('calls that run when the input ends are answered', async () => {
  const session = start();
  // Nothing shows when the process sees the end of its input, so the answer waits a moment.
  beforeAnswer = async () => {
    session.stdin.end();
    await new Promise((resolve) => setTimeout(resolve, 500));
  };
  const output = text(session.stdout);
  session.stdin.write(hello + get(2) + get(3));
  const [code] = (await once(session, 'close')) as [number];
  const answers = (await output).trimEnd().split('\n');
  expect(answers.map((line) => (JSON.parse(line) as { id: number }).id).sort()).toEqual([1, 2, 3]);
  expect(answers.join('\n')).not.toContain('isError');
  expect(code).toBe(0);
});

test('a message that is too large ends the process with an error', async () => {
  const session = start();
  const log = text(session.stderr);
  session.stdin.on('error', () => {});
  session.stdin.write(`${hello}${'x'.repeat(11 * 2 ** 20)}`);
  const [code] = (await once(session, 'close')) as [number];
  expect({ code, log: await log }).toEqual({ code: 1, log: expect.stringMatching(/resonate: .*maximum size/) });
});
