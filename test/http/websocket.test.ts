import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { EventStream } from '../processes/event-stream.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';
import { call } from '../processes/wire.ts';
import { WorkerSocket } from '../processes/worker-socket.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(120_000);

const FAR = 9e12;

let server: ServerProcess | undefined;
const sockets: WorkerSocket[] = [];
const raws: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.break();
  for (const raw of raws.splice(0)) raw.destroy();
  await server?.dispose();
  server = undefined;
});

async function start(...args: string[]): Promise<ServerProcess> {
  server = await ServerProcess.start({ command: 'dev', args });
  return server;
}

async function open(path = '/connect/g/a', headers: Record<string, string> = {}): Promise<WorkerSocket> {
  const socket = await WorkerSocket.open(server?.url ?? '', path, headers);
  sockets.push(socket);
  return socket;
}

const create = (id: string, target?: string) => ({
  id,
  timeoutAt: FAR,
  ...(target === undefined ? {} : { tags: { 'resonate:target': target } }),
});

/** A WebSocket on a raw socket, for clients that violate the protocol. */
async function openRaw(path = '/connect/g/raw'): Promise<Socket> {
  const { port } = new URL(server?.url ?? '');
  const raw = connect(Number(port), '127.0.0.1');
  raws.push(raw);
  raw.on('error', () => {});
  const lines = [`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket'];
  raw.write(
    `${[...lines, 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='].join('\r\n')}\r\n\r\n`,
  );
  const [head] = (await once(raw, 'data')) as [Buffer];
  expect(head.toString()).toContain('101 Switching Protocols');
  return raw;
}

/** `once` would fail if the server resets the connection, as it does when there are unread bytes. */
function closeOf(raw: Socket): Promise<void> {
  return new Promise((resolve) => raw.once('close', () => resolve()));
}

/** A masked text frame, as clients send them; the mask is zero. */
function frame(text: string): Buffer {
  const body = Buffer.from(text);
  const length =
    body.length < 126
      ? Buffer.from([0x80 | body.length])
      : Buffer.from([0x80 | 126, body.length >> 8, body.length & 255]);
  return Buffer.concat([Buffer.from([0x81]), length, Buffer.alloc(4), body]);
}

describe('requests over a WebSocket', () => {
  test('are answered with the envelopes of POST /, which corrId distinguishes', async () => {
    await start();
    const socket = await open();
    const [made, missing, broken] = await Promise.all([
      socket.ask('promise.create', create('p')),
      socket.ask('promise.get', { id: 'none' }),
      socket.ask('promise.create', { id: 7 }),
    ]);
    expect(made).toMatchObject({ kind: 'promise.create', head: { status: 200 }, data: { promise: { id: 'p' } } });
    expect(missing).toMatchObject({ kind: 'promise.get', head: { status: 404 }, data: expect.any(String) });
    expect(broken).toMatchObject({ kind: 'promise.create', head: { status: 400 }, data: expect.any(String) });
  });

  test('that arrive together run in their order, in few batches', async () => {
    const { metricsUrl } = await start();
    const socket = await open();
    await socket.ask('promise.get', { id: 'warm-up' });
    const before = await batches(metricsUrl);
    const ids = Array.from({ length: 20 }, (_, n) => `order-${n}`);
    const answers = await Promise.all(
      ids.flatMap((id) => [
        socket.ask('promise.create', create(id)),
        socket.ask('promise.settle', { id, state: 'resolved', value: { data: 'x' } }),
      ]),
    );
    expect(new Set(answers.map(({ head }) => head.status))).toEqual(new Set([200]));
    expect((await batches(metricsUrl)) - before).toBeLessThan(10);
  });

  test('larger than server.max_body_size close the connection with 1009; the limit is sent when it opens', async () => {
    await start('--server-max-body-size', '2048');
    const socket = await open();
    const other = await open('/connect/g/other');
    expect(socket.headers['resonate-max-frame']).toBe('2048');
    socket.socket.send(' '.repeat(2049));
    expect(await socket.closed).toBe(1009);
    expect((await other.ask('promise.create', create('still'))).head.status).toBe(200);
  });

  test('that are not JSON get a 400 each, and the connection stays open', async () => {
    await start();
    const socket = await open();
    const broken = socket.answerTo('0');
    socket.socket.send('not json');
    expect(await broken).toMatchObject({ kind: 'unknown', head: { status: 400 } });
    expect((await socket.ask('promise.create', create('p'))).head.status).toBe(200);
  });

  test('are counted like those of POST /', async () => {
    const { metricsUrl } = await start();
    const socket = await open();
    await socket.ask('promise.create', create('p'));
    const metrics = await (await fetch(metricsUrl)).text();
    expect(metrics).toMatch(/resonate_request_total\{kind="promise.create",status="200"\} 1/);
    expect(metrics).toMatch(/resonate_websocket_connections 1/);
  });
});

async function batches(metricsUrl: string): Promise<number> {
  const metrics = await (await fetch(metricsUrl)).text();
  const found = /^resonate_batch_size_count(?:\{[^}]*sort="write"[^}]*\})? (\d+)/m.exec(metrics);
  if (!found) throw new Error(`no count of batches in\n${metrics}`);
  return Number(found[1]);
}

describe('messages over a WebSocket', () => {
  test('are sent to its group and to its id, as over event streams', async () => {
    const { url } = await start();
    const socket = await open('/connect/gr%2F%C3%BC/a%20b');
    const stream = await EventStream.open(url, '/poll/gr%2F%C3%BC/other');
    await call(url, 'promise.create', create('uni', 'poll://uni@gr%2Fü/a%20b'));
    expect(await socket.next()).toMatchObject({ kind: 'execute', data: { task: { id: 'uni', version: 0 } } });
    for (const id of ['any-1', 'any-2']) await call(url, 'promise.create', create(id, 'poll://any@gr%2Fü'));
    const [first, second] = await Promise.all([socket.next(), stream.next()]);
    expect([first.data.task?.id, (second as typeof first).data.task?.id].sort()).toEqual(['any-1', 'any-2']);
    stream.break();
  });

  test('are not sent again after their acknowledgement; others are sent again over the next connection', async () => {
    const { url } = await start();
    const first = await open();
    await call(url, 'promise.create', create('p'));
    await call(url, 'promise.create', create('q'));
    for (const awaited of ['p', 'q']) {
      await call(url, 'promise.register_listener', { awaited, address: 'poll://uni@g/a' });
      await call(url, 'promise.settle', { id: awaited, state: 'resolved' });
      expect(await first.next()).toMatchObject({ kind: 'unblock', data: { promise: { id: awaited } } });
      if (awaited === 'p') first.acknowledge(1);
    }
    // When this request is answered, the server has read the acknowledgement.
    await first.ask('promise.get', { id: 'p' });
    first.break();
    const second = await open();
    expect(await second.next()).toMatchObject({ data: { promise: { id: 'q' } } });
    second.acknowledge(1);
    // If p were sent again, it would arrive before this message.
    await call(url, 'promise.create', create('last', 'poll://uni@g/a'));
    expect(await second.next()).toMatchObject({ data: { task: { id: 'last' } } });
    expect(second.waiting).toBe(0);
  });

  test('that are not acknowledged use up the buffer: no more than transports.http_poll.buffer_size are sent', async () => {
    const { url } = await start('--transports-http-poll-buffer-size', '2');
    const socket = await open();
    for (const id of ['1', '2', '3']) await call(url, 'promise.create', create(id, 'poll://uni@g/a'));
    await socket.until(() => socket.waiting === 2);
    await socket.ask('promise.get', { id: '3' });
    expect(socket.waiting).toBe(2);
    socket.acknowledge(1);
    await socket.until(() => socket.waiting === 3);
  });

  test('that were never sent cannot be acknowledged', async () => {
    await start();
    const socket = await open();
    socket.acknowledge(1);
    expect(await socket.closed).toBe(1008);
  });
});

describe('a WebSocket', () => {
  test('that its worker opens again closes the older one', async () => {
    await start();
    const older = await open();
    const newer = await open();
    expect(await older.closed).toBe(4409);
    expect((await newer.ask('promise.create', create('p'))).head.status).toBe(200);
  });

  test('is refused at other paths, for a malformed path, beyond the limit, and for pages of other sites', async () => {
    await start('--transports-http-poll-max-connections', '1');
    await expect(open('/poll/g/a')).rejects.toThrow('HTTP 404');
    await expect(open('/connect/g/%zz')).rejects.toThrow('HTTP 400');
    await expect(open('/connect/g/%00')).rejects.toThrow('HTTP 400');
    await expect(open(`/connect/g/${'i'.repeat(1_300)}`)).rejects.toThrow('HTTP 400');
    await expect(open('/connect/g/a', { origin: 'https://evil.example' })).rejects.toThrow('HTTP 403');
    await open();
    await expect(open('/connect/g/b')).rejects.toThrow('HTTP 503');
  });

  test('that is refused does not stay open, even if its client keeps its side open', async () => {
    const { url, metricsUrl } = await start();
    const openFiles = async () => {
      const metrics = await (await fetch(metricsUrl)).text();
      return Number(/^process_open_fds (\d+)/m.exec(metrics)?.[1]);
    };
    const before = await openFiles();
    const lines = ['GET /poll/g/a HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket'];
    for (let count = 0; count < 20; count++) {
      const raw = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
      raws.push(raw);
      raw.write(`${lines.join('\r\n')}\r\n\r\n`);
      await once(raw.resume(), 'end');
    }
    await until('the server has closed them', 30_000, async () => (await openFiles()) < before + 10);
  });

  test('can be switched off', async () => {
    await start('--transports-websocket-enabled', 'false');
    await expect(open()).rejects.toThrow('HTTP 404');
  });

  test('is required at its path: a GET without an upgrade gets a 426', async () => {
    const { url } = await start();
    expect((await fetch(`${url}/connect/g/a`)).status).toBe(426);
  });

  test('is the only accepted upgrade: other upgrades are ignored', async () => {
    const { url } = await start();
    const sent = request(url, { method: 'POST', headers: { connection: 'Upgrade', upgrade: 'h2c' } });
    sent.end(
      JSON.stringify({ kind: 'promise.create', head: { corrId: '1', version: '2026-04-01' }, data: create('p') }),
    );
    const [answer] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }];
    answer.resume();
    expect(answer.statusCode).toBe(200);
  });
});

describe('when the server stops', () => {
  /**
   * The server closes a connection 1 s after the drain frame. On a busy machine a request may arrive later than that. Then
   * the scenario is repeated with a new server.
   */
  async function answeredAfterDrain(scenario: () => ReturnType<WorkerSocket['ask']>): Promise<void> {
    for (let tries = 5; ; tries--) {
      try {
        expect((await scenario()).head.status).toBe(200);
        return;
      } catch (error) {
        if (tries === 1 || !(error instanceof Error) || error.message !== 'closed with 1012') throw error;
        await server?.dispose();
      }
    }
  }

  test('workers get a drain frame, requests that they send after it are still answered, and the server ends cleanly', async () => {
    await answeredAfterDrain(async () => {
      const stopped = await start();
      const [leaves, stays] = [await open('/connect/g/leaves'), await open('/connect/g/stays')];
      const exit = stopped.stop();
      const left = leaves.until(() => leaves.drains === 1).then(() => leaves.close());
      const answer = stays.until(() => stays.drains === 1).then(() => stays.ask('promise.create', create('late')));
      const [answered] = await Promise.allSettled([answer, left]);
      expect(await stays.closed).toBe(1012);
      expect(await exit).toBe(0);
      if (answered.status === 'rejected') throw answered.reason;
      return answered.value;
    });
  });

  test('a worker may still acknowledge messages, and its requests are answered', async () => {
    await answeredAfterDrain(async () => {
      const stopped = await start();
      const socket = await open();
      await call(stopped.url, 'promise.create', create('p', 'poll://uni@g/a'));
      await socket.next();
      const exit = stopped.stop();
      await socket.until(() => socket.drains === 1);
      socket.acknowledge(1);
      const answered = await socket.ask('promise.get', { id: 'p' });
      await socket.close();
      expect(await exit).toBe(0);
      return answered;
    });
  });
});

describe('a client that violates the protocol', () => {
  test('that sends no frames, partial frames or garbage does not affect others; partial frames take limited memory', async () => {
    const limits = ['--server-max-body-size', '1048576', '--server-max-unfinished-bodies', '1048576'];
    await start(...limits);
    const socket = await open();
    const half = await openRaw('/connect/g/half');
    half.write(frame(JSON.stringify({ kind: 'promise.get' })).subarray(0, 9));
    const nonsense = await openRaw('/connect/g/nonsense');
    const closed = closeOf(nonsense);
    nonsense.write(Buffer.alloc(100, 0xff));
    await closed;
    expect((await socket.ask('promise.create', create('p'))).head.status).toBe(200);
    half.destroy();
    const halves = [await openRaw('/connect/g/1'), await openRaw('/connect/g/2')];
    const closing = Promise.race(halves.map((raw) => closeOf(raw).then(() => raw)));
    // The beginning of a frame of a million bytes.
    for (const raw of halves) raw.write(Buffer.from(`81ff00000000000f424000000000${'20'.repeat(600_000)}`, 'hex'));
    const oldest = await closing;
    // The other one can continue. It gets a 400, because a million blanks are not JSON.
    const other = halves.find((raw) => raw !== oldest)!;
    const answer = once(other, 'data');
    other.write(' '.repeat(400_000));
    expect(String(await answer)).toContain('"status":400');
    expect((await socket.ask('promise.create', create('q'))).head.status).toBe(200);
  });

  test('that floods the server and never reads is no longer read, and others are answered', async () => {
    const { metricsUrl } = await start('--transports-websocket-max-in-flight', '16');
    const socket = await open();
    await socket.ask('promise.create', { ...create('large'), param: { data: 'x'.repeat(200_000) } });
    const flood = await openRaw('/connect/g/flood');
    flood.pause();
    const get = () =>
      frame(
        JSON.stringify({
          kind: 'promise.get',
          head: { corrId: randomUUID(), version: '2026-04-01' },
          data: { id: 'large' },
        }),
      );
    // Its answers have 200 kB each, which is far more than the buffers of both operating systems.
    flood.write(Buffer.concat(Array.from({ length: 2_000 }, get)));
    await until('some of the flood was answered', 30_000, async () => (await answered(metricsUrl)) > 10);
    expect((await socket.ask('promise.create', create('p'))).head.status).toBe(200);
    // The server has stopped reading. Otherwise all 2,000 answers would be 400 MB.
    expect(await answered(metricsUrl)).toBeLessThan(100);
    expect((await socket.ask('promise.create', create('q'))).head.status).toBe(200);
  });
});

async function answered(metricsUrl: string): Promise<number> {
  const metrics = await (await fetch(metricsUrl)).text();
  return Number(/resonate_request_total\{kind="promise.get",status="200"\} (\d+)/.exec(metrics)?.[1] ?? 0);
}
