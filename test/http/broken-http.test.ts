import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';
import { RawConnection, requestBytes, statuses } from './raw-connection.ts';
import { FAR_FUTURE, populate, stateOf } from './state.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

/** Clients that violate HTTP, or send more than the server accepts. */

const MAX_BODY_BYTES = 64 * 1024;

function creation(id: string, more: object = {}): string {
  const data = { id, timeoutAt: FAR_FUTURE, ...more };
  return JSON.stringify({ kind: 'promise.create', head: { corrId: id, version: '2026-04-01' }, data });
}

const BODY = creation('new');
const LENGTH = String(BODY.length);

let server: ServerProcess;
let client: HttpClient;
let before: unknown;
let open: RawConnection[] = [];

beforeAll(async () => {
  server = await ServerProcess.start({ args: ['--debug', '--server-max-body-size', String(MAX_BODY_BYTES)] });
  client = new HttpClient(server.url);
  await populate(client);
});

beforeEach(async () => {
  before = await stateOf(client);
});

afterEach(() => {
  for (const connection of open) connection.close();
  open = [];
});

afterAll(async () => {
  client?.close();
  await server?.dispose();
});

async function connection(): Promise<RawConnection> {
  const opened = await RawConnection.open(server.url);
  open.push(opened);
  return opened;
}

async function exists(id: string): Promise<boolean> {
  return (await client.rpc('promise.get', { id })).status === 200;
}

type Case = [name: string, bytes: string, statuses: number[]];

const BROKEN: Case[] = [
  ['text that is no request', 'hello\r\n\r\n', [400]],
  ['an unknown method', `NOPE / HTTP/1.1\r\nhost: x\r\ncontent-length: ${LENGTH}\r\n\r\n${BODY}`, [400]],
  ['an unknown version', `POST / HTTP/9.9\r\nhost: x\r\ncontent-length: ${LENGTH}\r\n\r\n${BODY}`, [400]],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400]],
  ['the first bytes of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', [400]],
  ['no Host', `POST / HTTP/1.1\r\ncontent-length: ${LENGTH}\r\n\r\n${BODY}`, [400]],
  ['a header line without a name', `POST / HTTP/1.1\r\n: x\r\ncontent-length: ${LENGTH}\r\n\r\n${BODY}`, [400]],
  ['a NUL in a header', requestBytes('POST', '/', { 'x-odd': 'a\u0000b' }, BODY), [400]],
  ['a length that is no number', requestBytes('POST', '/', { 'content-length': 'many' }, BODY), [400]],
  ['a negative length', requestBytes('POST', '/', { 'content-length': '-1' }, BODY), [400]],
  ['two lengths', requestBytes('POST', '/', { 'content-length': '5', 'Content-Length': LENGTH }, BODY), [400]],
  ['length and chunks', requestBytes('POST', '/', { 'content-length': LENGTH, 'transfer-encoding': 'chunked' }), [400]],
  [
    'a chunk whose size is not a number',
    requestBytes('POST', '/', { 'transfer-encoding': 'chunked' }, `zz\r\n${BODY}`),
    [400],
  ],
  ['a header of 20 kB', requestBytes('POST', '/', { 'x-long': 'x'.repeat(20_000) }, BODY), [431]],
  ['an address of 20 kB', requestBytes('POST', `/?${'x'.repeat(20_000)}`, {}, BODY), [431]],
];

test.each(BROKEN)('%s is refused, the connection is closed, and nothing changes', async (_name, bytes, expected) => {
  const raw = await connection();
  await raw.write(Buffer.from(bytes, 'latin1'));
  const { text, reset } = await raw.ended();
  expect({ statuses: statuses(text), reset }).toEqual({ statuses: expected, reset: false });
  expect(await stateOf(client)).toEqual(before);
});

describe('a request that never arrives completely', () => {
  test.each([
    { name: 'is closed cleanly', end: (raw: RawConnection) => raw.end() },
    { name: 'is reset', end: (raw: RawConnection) => raw.reset() },
  ])('changes nothing when its connection $name', async ({ end }) => {
    const lengths = [{ 'content-length': String(BODY.length + 1) }, { 'transfer-encoding': 'chunked' }];
    for (const headers of lengths) {
      const raw = await connection();
      await raw.write(requestBytes('POST', '/', headers, BODY));
      end(raw);
      await raw.ended();
    }
    expect(await stateOf(client)).toEqual(before);
  });

  test('does not delay other requests', async () => {
    const stalled = await Promise.all(Array.from({ length: 50 }, () => connection()));
    for (const raw of stalled)
      await raw.write(requestBytes('POST', '/', { 'content-length': LENGTH }, BODY.slice(0, 10)));
    expect(await stateOf(client)).toEqual(before);
  });
});

describe('several requests sent at once on one connection', () => {
  test('are answered in their order', async () => {
    const ids = ['pipelined-1', 'pipelined-2', 'pipelined-3'];
    const raw = await connection();
    await raw.write(ids.map((id) => requestBytes('POST', '/', {}, creation(id))).join(''));
    const text = await raw.until('three answers', (received) => statuses(received).length === 3);
    expect(statuses(text)).toEqual([200, 200, 200]);
    expect([...text.matchAll(/"corrId":"(.*?)"/g)].map((match) => match[1])).toEqual(ids);
  });

  test.each([
    { name: 'at once', isAtOnce: true },
    { name: 'in a separate packet', isAtOnce: false },
  ])('get their right answers when garbage follows $name', async ({ isAtOnce }) => {
    const id = `before-garbage-${isAtOnce}`;
    const raw = await connection();
    const request = requestBytes('POST', '/', {}, creation(id));
    if (isAtOnce) {
      await raw.write(`${request}GARBAGE\r\n\r\n`);
    } else {
      await raw.write(request);
      await raw.write('GARBAGE\r\n\r\n');
    }
    const { text } = await raw.ended();
    // The promise was created, so the answer must not be 400.
    expect(statuses(text)).toEqual([200, 400]);
    expect(await exists(id)).toBe(true);
  });
});

describe('a body above server.max_body_size', () => {
  test('is refused because of its announced length, before it is sent', async () => {
    const raw = await connection();
    await raw.write(requestBytes('POST', '/', { 'content-length': String(MAX_BODY_BYTES + 1) }));
    const text = await raw.until('the answer', (received) => received.includes('max_body_size'));
    expect(statuses(text)).toEqual([413]);
    expect(text).toMatch(/^connection: close\r$/im);
  });

  test('is refused when it is announced with Expect: 100-continue', async () => {
    const raw = await connection();
    await raw.write(requestBytes('POST', '/', { 'content-length': '1000000000', expect: '100-continue' }));
    const text = await raw.until('the answer', (received) => received.includes('max_body_size'));
    expect(statuses(text)).toEqual([413]);
  });

  test('is refused when it is sent in chunks, as soon as it is too large', async () => {
    const raw = await connection();
    await raw.write(requestBytes('POST', '/', { 'transfer-encoding': 'chunked' }));
    const chunk = `400\r\n${' '.repeat(1024)}\r\n`;
    await raw.write(chunk.repeat(MAX_BODY_BYTES / 1024 + 1));
    // The last chunk is never sent.
    const text = await raw.until('the answer', (received) => received.includes('max_body_size'));
    expect(statuses(text)).toEqual([413]);
  });

  test.each([
    { name: 'of a known length', isChunked: false },
    { name: 'in chunks', isChunked: true },
  ])('gets an answer that reaches clients which send all of it before they read: $name', async ({ isChunked }) => {
    for (let attempt = 1; attempt <= 5; attempt++) {
      const bytes = Buffer.alloc(20_000_000, ' ');
      const body = isChunked ? new Blob([bytes]).stream() : bytes;
      const answer = await fetch(server.url, { method: 'POST', body, duplex: 'half' });
      expect(await answer.json()).toMatchObject({ kind: 'unknown', head: { corrId: '0', status: 413 } });
      expect(answer.status).toBe(413);
    }
    expect(await stateOf(client)).toEqual(before);
  });

  test('is refused if it is one byte too large, and accepted otherwise', async () => {
    const padded = (bytes: number) => creation('largest').padEnd(bytes, ' ');
    expect(await client.post(padded(MAX_BODY_BYTES + 1))).toMatchObject({ status: 413 });
    expect(await exists('largest')).toBe(false);
    expect(await client.post(padded(MAX_BODY_BYTES))).toMatchObject({ status: 200 });
  });
});

test('a small body with Expect: 100-continue gets the 100 and an answer', async () => {
  const raw = await connection();
  const body = creation('expected');
  await raw.write(requestBytes('POST', '/', { expect: '100-continue', 'content-length': String(body.length) }));
  await raw.until('100 Continue', (received) => statuses(received).includes(100));
  await raw.write(body);
  const text = await raw.until('the answer', (received) => received.includes('"corrId":"expected"'));
  expect(statuses(text)).toEqual([100, 200]);
});

test('a client that disconnects before the answer does not undo its request', async () => {
  const raw = await connection();
  await raw.write(requestBytes('POST', '/', {}, creation('left')));
  raw.reset();
  await until('the promise exists', 10_000, () => exists('left'));
});
