import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, jest, test } from '@jest/globals';
import { RESONATE } from '../../processes/server-process.ts';
import { resonateFor } from './resonate.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

interface Reply {
  status?: number;
  body: unknown;
}

const server = createServer((request, response) => void respond(request, response));
let answers: ((url: string) => Reply | undefined) | undefined;

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  await text(request);
  const { status = 200, body } = answers?.(request.url ?? '') ?? { status: 500, body: { error: 'not expected' } };
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Runs a command against a server that answers with `replies`, one after another. */
function against(replies: Reply[], ...args: string[]) {
  return serving(replies, (url) => resonateFor(url).run(...args));
}

async function serving<T>(replies: Reply[], use: (url: string) => Promise<T>): Promise<T> {
  const left = [...replies];
  answers = () => left.shift();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const result = await use(`http://127.0.0.1:${port}`);
  expect(left).toEqual([]);
  return result;
}

/** An answer of the protocol. */
function protocol(data: unknown): Reply {
  return { body: { kind: 'answer', head: { corrId: 'c', status: 200, version: '2026-04-01' }, data } };
}

const promise = { id: 'p-1', state: 'pending', param: {}, value: {}, tags: {}, createdAt: 1, timeoutAt: 2 };
const down: Reply = { status: 503, body: { error: 'restarting' } };

test.each([
  ['first', [[], [promise], [promise]]],
  ['middle', [[promise], [], [promise]]],
  ['last', [[promise], [promise], []]],
])('search --all prints valid JSON and a table if the %s page is empty', async (_which, pages) => {
  const replies = pages.map((promises, page) =>
    protocol({ promises, ...(page < pages.length - 1 ? { cursor: String(page) } : {}) }),
  );
  const { code, stdout } = await against(replies, 'promises', 'search', '--all');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ promises: [promise, promise] });
  server.close();
  const table = await against(replies, 'promises', 'search', '--all', '--output', 'table');
  const lines = table.stdout.trimEnd().split('\n');
  const row = expect.stringMatching(/^p-1 +pending/);
  expect(lines).toEqual([expect.stringMatching(/^ID +STATE/), row, row]);
  expect(lines[0]?.indexOf('STATE')).toBe(lines[1]?.indexOf('pending'));
});

test('redrive tolerates an outage, and ends when a later job has replaced its own', async () => {
  const redrive = (redriven: number): Reply => ({ body: { redrive: { id: 'j', orderedAt: 1, redriven } } });
  const replaced: Reply = { status: 404, body: { error: 'no such job' } };
  const replies = [redrive(0), redrive(3), down, redrive(4), replaced];
  expect(await against(replies, 'dead-letters', 'redrive', '--all')).toEqual({
    code: 0,
    stdout: '{\n  "redriven": 4\n}\n',
    stderr: '',
  });
});

test('tree --watch tolerates an outage after its first answer', async () => {
  const pending = protocol({ promises: [promise] });
  const settled = protocol({ promises: [{ ...promise, state: 'resolved' }] });
  const refused: Reply = { body: { kind: 'error', head: { corrId: 'c', status: 500, version: '1' }, data: 'failed' } };
  expect(await against([pending, refused, settled], 'tree', 'p-1', '--watch')).toEqual({
    code: 0,
    stdout: 'p-1 🟡 \n\np-1 🟢 \n',
    stderr: '',
  });
  server.close();
  const failed = await against([refused], 'tree', 'p-1', '--watch');
  expect(failed).toEqual({ code: 1, stdout: '', stderr: 'resonate: failed (500)\n' });
});

test('an import continues if nobody reads its warnings', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'resonate-import-'));
  const file = join(directory, 'promises.json');
  await writeFile(file, '{"promises": []}');
  try {
    // The file has no tasks, which is a warning. The import sends only one request: debug.start.
    const output = await serving([protocol({})], async (url) => {
      const command = spawn(RESONATE, ['import', '--from', file, '--server', url], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      command.stderr.destroy();
      const [printed] = await Promise.all([text(command.stdout), once(command, 'exit')]);
      return printed;
    });
    expect(JSON.parse(output)).toMatchObject({ promises: 0, refused: 0 });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
