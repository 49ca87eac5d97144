import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ResonateTimeoutException, type Logger, type Message, type Request } from '@resonatehq/sdk';
import { WebSocketServer } from 'ws';
import { Events, Peer } from './peer.fixture.ts';
import { WebSocketNetwork, type WebSocketNetworkOptions } from './websocket-network.ts';

let server: WebSocketServer;
let url: string;
/** Connections that the server accepted. */
let peers: Events<Peer>;
/** The wait before the next attempt, in ms, each time that the network lost its connection. */
let waits: Events<number>;
let network: WebSocketNetwork;

beforeEach(async () => {
  peers = new Events();
  waits = new Events();
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('headers', (headers) => headers.push('resonate-max-frame: 500'));
  server.on('connection', (socket, request) => peers.add(new Peer(socket, request)));
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Only the network's clock and timers are fake. The sockets are real.
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  random(0);
});

afterEach(async () => {
  await network.stop();
  jest.useRealTimers();
  jest.restoreAllMocks();
  for (const socket of server.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

function random(value: number): void {
  jest.spyOn(Math, 'random').mockReturnValue(value);
}

/** Starts the network. */
function start(options: WebSocketNetworkOptions = {}): Promise<void> {
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields) => waits.add((fields as { waitMs: number }).waitMs),
    error: () => undefined,
  };
  network = new WebSocketNetwork({ url, group: 'g', pid: 'a', timeout: 10_000, logger, ...options });
  return network.init();
}

/** Starts the network and waits for its first connection. */
async function connect(options: WebSocketNetworkOptions = {}): Promise<Peer> {
  await start(options);
  return peers.next();
}

let corrIds = 0;

function send(kind: 'promise.get' | 'task.release', id = 'p'): Promise<unknown> {
  const head = { corrId: `c${corrIds++}`, version: '2026-04-01' };
  const data = kind === 'promise.get' ? { id } : { id, version: 1 };
  const answered = network.send({ kind, head, data } as Extract<Request, { kind: 'promise.get' }>);
  // A test that expects a failure awaits it later.
  answered.catch(() => undefined);
  return answered;
}

describe('a connection that is lost', () => {
  test('is opened again after waits that double up to 30 s', async () => {
    let peer = await connect();
    const seen: number[] = [];
    for (let attempt = 0; attempt < 9; attempt++) {
      peer.socket.terminate();
      const wait = await waits.next();
      seen.push(wait);
      jest.advanceTimersByTime(wait - 1);
      expect(peers.count).toBe(0);
      jest.advanceTimersByTime(1);
      peer = await peers.next();
    }
    expect(seen).toEqual([200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000]);
  });

  test('is opened again after a random wait, at least half of the full one', async () => {
    random(0.999);
    const peer = await connect();
    peer.socket.terminate();
    expect(await waits.next()).toBe(100);
  });

  test('makes the waits short again if it lasted for more than 5 s', async () => {
    const first = await connect();
    first.socket.terminate();
    jest.advanceTimersByTime(await waits.next());
    const second = await peers.next();
    // The network considers the connection open when it sends a request.
    void send('promise.get');
    await second.frames.next();
    jest.advanceTimersByTime(5_001);
    second.socket.terminate();
    expect(await waits.next()).toBe(200);
  });

  test('because another worker has the same group and pid is opened again slowly', async () => {
    const peer = await connect();
    peer.socket.close(4409);
    expect(await waits.next()).toBe(3_200);
  });

  test('is opened again if it was silent for 45 s', async () => {
    const peer = await connect();
    jest.advanceTimersByTime(60_000);
    await peer.closed;
    expect(await waits.next()).toBe(200);
  });

  test('is not opened again after stop', async () => {
    const peer = await connect();
    await network.stop();
    await peer.closed;
    jest.advanceTimersByTime(60_000);
    expect([peers.count, waits.count]).toEqual([0, 0]);
  });
});

describe('a request', () => {
  test('whose connection is lost is sent again if that is safe, otherwise it fails as with HttpNetwork', async () => {
    const first = await connect();
    const [read, release] = [send('promise.get'), send('task.release')];
    await first.frames.next();
    await first.frames.next();
    first.socket.terminate();
    await expect(release).rejects.toThrow(ResonateTimeoutException);
    jest.advanceTimersByTime(await waits.next());
    const second = await peers.next();
    const repeated = await second.frames.next();
    expect(repeated.kind).toBe('promise.get');
    second.answer(repeated);
    await expect(read).resolves.toMatchObject({ kind: 'promise.get', head: { status: 200 } });
    expect(second.frames.count).toBe(0);
  });

  test('without an answer fails when the network stops', async () => {
    const peer = await connect();
    const read = send('promise.get');
    await peer.frames.next();
    await network.stop();
    await expect(read).rejects.toThrow('the network was stopped');
  });

  test('without an answer fails a second after the network stops if the server does not answer the close', async () => {
    const peer = await connect();
    const read = send('promise.get');
    await peer.frames.next();
    const ended = peer.ignoreAll();
    await network.stop();
    jest.advanceTimersByTime(1_000);
    await expect(read).rejects.toThrow('the network was stopped');
    await ended;
  });

  test('that waits for a connection fails when the network stops, and later ones fail at once', async () => {
    const peer = await connect();
    server.shouldHandle = () => false;
    peer.socket.close(4409);
    await waits.next();
    const waiting = send('promise.get');
    await network.stop();
    await expect(waiting).rejects.toThrow('the network was stopped');
    await expect(send('promise.get')).rejects.toThrow('the network was stopped');
  });

  test('larger than the server accepts fails without being sent; others are sent', async () => {
    const peer = await connect();
    // The network knows the limit only after the connection is open.
    const first = send('promise.get');
    peer.answer(await peer.frames.next());
    await first;
    await expect(send('promise.get', 'x'.repeat(500))).rejects.toThrow(
      'the request is larger than the 500 bytes that the server accepts',
    );
    void send('promise.get', 'small');
    expect(await peer.frames.next()).toMatchObject({ data: { id: 'small' } });
  });

  test('waits for its answer for as long as `timeout`', async () => {
    const peer = await connect();
    const read = send('promise.get');
    await peer.frames.next();
    jest.advanceTimersByTime(9_999);
    const answered = jest.fn();
    void read.catch(answered);
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    await expect(read).rejects.toThrow('no answer within 10000 ms');
  });

  test('is not limited by a `timeout` of Infinity', async () => {
    const peer = await connect({ timeout: Infinity });
    const read = send('promise.get');
    const asked = await peer.frames.next();
    jest.advanceTimersByTime(30_000);
    peer.answer(asked);
    await expect(read).resolves.toMatchObject({ head: { status: 200 } });
  });

  test('waits for a connection for as long as `timeout`', async () => {
    const peer = await connect();
    server.shouldHandle = () => false;
    peer.socket.close(4409);
    await waits.next();
    const late = send('promise.get');
    jest.advanceTimersByTime(10_000);
    await expect(late).rejects.toThrow('no connection');
  });

  test('that gets no connection fails with the reason, but without the token and the password', async () => {
    const refusal = ({ headers }: IncomingMessage) => `{"error":"${String(headers.authorization)} has expired"}`;
    server.options.verifyClient = ({ req }, refuse) => refuse(false, 401, refusal(req));
    await start({ token: 'secret', url: url.replace('//', '//user:p@ss@') });
    await waits.next();
    const waiting = send('promise.get');
    jest.advanceTimersByTime(10_000);
    await expect(waiting).rejects.toThrow(
      `no connection to ${url.replace('http', 'ws')}/connect/g/a within 10000 ms; ` +
        'the last attempt failed: HTTP 401 {"error":"Bearer (token) has expired"}',
    );
  });

  test('goes to the default URL if RESONATE_URL is empty', async () => {
    process.env['RESONATE_URL'] = '';
    network = new WebSocketNetwork({ group: 'g', pid: 'a', timeout: 10 });
    delete process.env['RESONATE_URL'];
    // The network does not connect before `init`.
    const waiting = send('promise.get');
    jest.advanceTimersByTime(10);
    await expect(waiting).rejects.toThrow('no connection to ws://localhost:8001/connect/g/a within 10 ms');
  });

  test.each([[400], [500], [429], [503]])('answered with %i fails as with HttpNetwork', async (status) => {
    const peer = await connect();
    const read = send('promise.get');
    peer.answer(await peer.frames.next(), { status, data: 'why' });
    await expect(read).rejects.toThrow(ResonateTimeoutException);
    await expect(read).rejects.toThrow(`the server answered ${status}: why`);
  });

  test('gets its own answer even if answers arrive in another order', async () => {
    const peer = await connect();
    const [one, two] = [send('promise.get'), send('task.release')];
    const [first, second] = [await peer.frames.next(), await peer.frames.next()];
    peer.answer(second);
    peer.answer(first, { status: 404 });
    await expect(two).resolves.toMatchObject({ kind: 'task.release', head: { corrId: second.head.corrId } });
    await expect(one).resolves.toMatchObject({ head: { status: 404 } });
  });
});

test('a stopping server still answers the requests that it has received; new requests use another connection', async () => {
  const first = await connect();
  const early = send('task.release');
  const asked = await first.frames.next();
  first.send({ drain: true });
  // The answer arrives after `drain`, so the network has read `drain`.
  const gone = send('promise.get');
  first.answer(await first.frames.next());
  await gone;
  jest.advanceTimersByTime(1);
  const second = await peers.next();
  const late = send('promise.get');
  second.answer(await second.frames.next());
  await late;
  first.answer(asked);
  await expect(early).resolves.toMatchObject({ kind: 'task.release' });
  await first.closed;
  expect(waits.count).toBe(0);
});

describe('the last step of a workflow', () => {
  const head = { corrId: 'c', version: '2026-04-01' };
  const tags = { 'resonate:scope': 'local', 'resonate:branch': 'wf' };
  const task = { id: 'wf', version: 1 };
  const settle = (id: string, data: string) =>
    ({ kind: 'promise.settle', head, data: { id, state: 'resolved', value: { data } } }) as const;
  const create = { kind: 'promise.create', head, data: { id: 'wf.1', timeoutAt: 9e12, param: {}, tags } } as const;

  /** The worker acquires the task and runs its only step. */
  async function runStep(peer: Peer): Promise<void> {
    const acquired = network.send({ kind: 'task.acquire', head, data: { ...task, version: 0, pid: 'a', ttl: 1_000 } });
    const promise = { id: 'wf', state: 'pending', tags: { 'resonate:branch': 'wf' } };
    peer.answer(await peer.frames.next(), { data: { task: { ...task, state: 'acquired' }, promise, preload: [] } });
    await acquired;
    await network.send({ kind: 'task.fence', head, data: { ...task, action: create } });
  }

  test('is stored before the end if both together are larger than the server accepts', async () => {
    const peer = await connect();
    await runStep(peer);
    await network.send({ kind: 'task.fence', head, data: { ...task, action: settle('wf.1', 'y') } });
    const ended = network.send({
      kind: 'task.fulfill',
      head,
      data: { ...task, action: settle('wf', 'z'.repeat(200)) },
    });
    for (const state of ['pending', 'resolved'])
      peer.answer(await peer.frames.next(), {
        data: { action: { head: { status: 200 }, data: { promise: { state, timeoutAt: 9e12 } } } },
      });
    const end = await peer.frames.next();
    expect(end).toMatchObject({
      kind: 'task.fulfill',
      data: expect.not.objectContaining({ steps: expect.anything() }),
    });
    peer.answer(end);
    await expect(ended).resolves.toMatchObject({ head: { status: 200 } });
  });

  test('is created before it runs if the last run got a 400 for its create', async () => {
    const peer = await connect();
    await runStep(peer);
    const settled = network.send({ kind: 'task.fence', head, data: { ...task, action: settle('wf.1', '\u00fc') } });
    peer.answer(await peer.frames.next(), { status: 400, data: 'the id is too long' });
    peer.answer(await peer.frames.next(), { status: 400, data: 'the id is too long' });
    await expect(settled).rejects.toThrow('the server answered 400: the id is too long');
    const again = runStep(peer);
    peer.answer(await peer.frames.next(), { status: 400, data: 'the id is too long' });
    await expect(again).rejects.toThrow('the id is too long');
  });
});

test('the package needs the same Node as the SDK', () => {
  const read = (path: string) => {
    const text = readFileSync(new URL(path, import.meta.url), 'utf8');
    return JSON.parse(text) as { engines: { node: string } };
  };
  const sdk = read('../../../node_modules/@resonatehq/sdk/package.json');
  expect(read('../package.json').engines.node).toBe(sdk.engines.node);
});

test('messages are acknowledged by their number and reach the SDK', async () => {
  const peer = await connect();
  const received = new Events<Message>();
  network.recv((message) => received.add(message));
  const message = { kind: 'execute', head: { serverUrl: url }, data: { task: { id: 't', version: 0 } } };
  peer.send(message);
  expect([await received.next(), await peer.frames.next()]).toEqual([message, { ack: 1 }]);
  peer.send(message);
  expect([await received.next(), await peer.frames.next()]).toEqual([message, { ack: 2 }]);
});

test('a frame that is not JSON ends the connection', async () => {
  const peer = await connect();
  peer.socket.send('{');
  await peer.closed;
  expect(await waits.next()).toBe(200);
});
