import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { runCommand } from '../../processes/run-command.ts';
import { RESONATE } from '../../processes/server-process.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

/** More than a pipe holds (64 KiB). */
const LARGE = 'x'.repeat(1_000_000);

/** Answers every request with 300 and a large preload. */
const server = createServer((_request, response) => {
  const head = { corrId: 'c', status: 300, version: '2026-04-01' };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ kind: 'task.suspend', head, data: { preload: [LARGE] } }));
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => void server.close());

test('a command that fails after its output has printed all of it, even if the reader is slow', async () => {
  const { port } = server.address() as AddressInfo;
  const command = `'${RESONATE}' tasks suspend t --version 1 --actions '[]' -S http://127.0.0.1:${port}`;
  const script = `${command} | { sleep 1; cat; }; echo "code \${PIPESTATUS[0]}"`;
  const { stdout, stderr } = await runCommand('bash', ['-c', script]);
  const [json = '', code = ''] = stdout.split('code ');
  expect(JSON.parse(json)).toEqual({ preload: [LARGE] });
  expect({ code, stderr }).toEqual({ code: '1\n', stderr: expect.stringMatching(/^resonate: not suspended: .+\n$/) });
});
