import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { GuardedServer } from '../auth/guarded-server.ts';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { RawConnection, requestBytes, statuses } from './raw-connection.ts';
import { FAR_FUTURE } from './state.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

/** Bodies that are expensive to parse, and bodies that never end. */

const MIB = 1024 * 1024;

function envelope(data: string, auth?: string): string {
  const head = { corrId: 'c', version: '2026-04-01', ...(auth !== undefined && { auth }) };
  return `{"kind":"promise.create","head":${JSON.stringify(head)},"data":${data}}`;
}

function filled(item: (index: number) => string, bytes: number): string {
  const items: string[] = [];
  for (let length = 0, index = 0; length < bytes; index++) {
    const next = item(index);
    items.push(next);
    length += next.length + 1;
  }
  return items.join();
}

const EXPENSIVE = [
  { name: 'empty lists', body: envelope(`{"a":[${filled(() => '[]', 1.9 * MIB)}]}`) },
  { name: 'keys', body: envelope(`{${filled((index) => `"${index}":0`, 1.9 * MIB)}}`) },
  { name: 'objects of different shapes', body: envelope(`{"a":[${filled((index) => `{"${index}":0}`, 1.9 * MIB)}]}`) },
  { name: 'open brackets', body: envelope('['.repeat(1.9 * MIB)) },
  { name: 'half surrogate pairs', body: envelope(`{"id":"${'\\ud800'.repeat((1.9 * MIB) / 6)}"}`) },
];

describe('a server without authentication', () => {
  let server: ServerProcess;
  let client: HttpClient;

  beforeAll(async () => {
    server = await ServerProcess.start({ command: 'dev', args: ['--server-max-unfinished-bodies', String(4 * MIB)] });
    client = new HttpClient(server.url);
  });

  afterAll(async () => {
    client?.close();
    await server?.dispose();
  });

  test.each(EXPENSIVE)('refuses 1.9 MiB of $name before they are parsed', async ({ body }) => {
    expect(await client.post(body)).toMatchObject({
      status: 400,
      kind: 'unknown',
      corrId: '0',
      data: expect.stringMatching(/^Invalid request: (the|an object in the) body /),
    });
  });

  test('stores a value of 1.9 MiB with any characters unchanged', async () => {
    const data = '\u{1F600}"\\[{,'.repeat((1.9 * MIB) / 16);
    const param = { data };
    expect(await client.rpc('promise.create', { id: 'large', timeoutAt: FAR_FUTURE, param })).toMatchObject({
      status: 200,
      data: { promise: { param } },
    });
    const escaped = JSON.stringify({ id: 'escaped', timeoutAt: FAR_FUTURE, param: { data: 'SMILE' } });
    const answer = await client.post(envelope(escaped.replace('SMILE', '\\ud83d\\ude00'.repeat(1000))));
    expect(answer).toMatchObject({ status: 200, data: { promise: { param: { data: '\u{1F600}'.repeat(1000) } } } });
  });

  test('accepts up to 2 MiB by default, as the public server does', async () => {
    const create = envelope(JSON.stringify({ id: 'most', timeoutAt: FAR_FUTURE }));
    expect(await client.post(create.padEnd(2 * MIB))).toMatchObject({ status: 200 });
    expect(await client.post(create.padEnd(2 * MIB + 1))).toMatchObject({ status: 413 });
  });

  test('limits the total size of unfinished bodies: the oldest one is refused, and new requests are answered', async () => {
    const open: RawConnection[] = [];
    const length = { 'content-length': String(2 * MIB) };
    // Each holds a little less than 1 MiB: five are more than 4 MiB.
    for (let count = 0; count < 5; count++) {
      const raw = await RawConnection.open(server.url);
      open.push(raw);
      await raw.write(requestBytes('POST', '/', length, ' '.repeat(MIB - 1024)));
    }
    const text = await open[0]!.until('the refusal', (received) => received.includes('max_unfinished_bodies'));
    expect(statuses(text)).toEqual([503]);
    expect(await client.rpc('promise.get', { id: 'none' })).toMatchObject({ status: 404 });
    // The newest request can continue.
    await open[4]!.write(' '.repeat(MIB + 1024));
    expect(statuses(await open[4]!.until('an answer', (received) => received.includes('"status":400')))).toEqual([400]);
    for (const raw of open) raw.close();
  });

  test('does not keep the chunks of a body, so a client may send each byte as a chunk', async () => {
    const resident = async () => {
      const text = await (await fetch(server.metricsUrl)).text();
      return Number(/^process_resident_memory_bytes (\d+)/m.exec(text)?.[1]);
    };
    const before = await resident();
    const raw = await RawConnection.open(server.url);
    const chunks = '1\r\n \r\n'.repeat(200_000);
    await raw.write(requestBytes('POST', '/', { 'transfer-encoding': 'chunked' }, `${chunks}0\r\n\r\n`));
    expect(statuses(await raw.until('the answer', (received) => received.includes('"status":400')))).toEqual([400]);
    raw.close();
    // If the chunks were kept, they would take 100 MB.
    expect((await resident()) - before).toBeLessThan(48 * MIB);
  });

  test('limits the bodies of the admin API in the same way', async () => {
    const post = (body: string, headers: Record<string, string> = {}) =>
      client.send({ method: 'POST', path: '/admin/dead-letters/drop', body, headers });
    expect(await post(JSON.stringify({ all: true }))).toMatchObject({ status: 200 });
    expect(await post('['.repeat(100))).toMatchObject({ status: 400, body: expect.stringContaining('nested deeper') });
    expect(await post('{"target":"\\ud800"}')).toMatchObject({ status: 400 });
    expect(await post(`{"all":true${' '.repeat(70_000)}}`)).toMatchObject({ status: 413 });
    expect(await post(JSON.stringify({ all: true }), { 'content-encoding': 'gzip' })).toMatchObject({ status: 415 });
  });
});

describe('a server with authentication', () => {
  let server: GuardedServer;

  beforeAll(async () => {
    server = await GuardedServer.start();
  });

  afterAll(() => server?.dispose());

  const large = (auth?: string) =>
    envelope(JSON.stringify({ id: 'x', timeoutAt: FAR_FUTURE, param: { data: 'x'.repeat(MIB) } }), auth);

  test.each(EXPENSIVE)('does not parse 1.9 MiB of $name without a valid token', async ({ body }) => {
    expect(await server.client.post(body)).toMatchObject({ status: 401, kind: 'unknown', corrId: '0' });
    const header = { authorization: `Bearer ${server.token({ role: 'admin', exp: 1 })}` };
    expect(await server.client.post(body, header)).toMatchObject({ status: 401, kind: 'unknown', corrId: '0' });
  });

  test('accepts large bodies with a token in the header or in the head', async () => {
    const token = server.token({ role: 'admin' });
    expect(await server.client.post(large())).toMatchObject({ status: 401 });
    expect(await server.client.post(large(), { authorization: `Bearer ${token}` })).toMatchObject({ status: 200 });
    expect(await server.client.post(large(token))).toMatchObject({ status: 200 });
    expect(await server.client.post(large('no token'))).toMatchObject({ status: 401, kind: 'promise.create' });
  });
});
