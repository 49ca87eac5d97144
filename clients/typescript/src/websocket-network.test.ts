import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ResonateTimeoutException, type Logger, type Message, type Request } from '@resonatehq/sdk';
import { WebSocketServer, type WebSocket } from 'ws';
import { WebSocketNetwork, type WebSocketNetworkOptions } from './websocket-network.ts';

/** A queue of events. Each is awaited once. */
class Events<T> {
  readonly #happened: T[] = [];
  readonly #waiting: ((event: T) => void)[] = [];

  add(event: T): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(event);
    else this.#happened.push(event);
  }

  next(): Promise<T> {
    const [event] = this.#happened.splice(0, 1);
    return event === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(event);
  }

  get count(): number {
    return this.#happened.length;
  }
}

interface Frame {
  kind?: string;
  head: { corrId: string };
  ack?: number;
}

/** The server's side of one connection. */
class Peer {
  readonly frames = new Events<Frame>();
  readonly closed: Promise<unknown>;
  readonly socket: WebSocket;

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = once(socket, 'close');
    socket.on('message', (data: Buffer) => this.frames.add(JSON.parse(data.toString()) as Frame));
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  answer({ kind, head }: Frame, status = 200): void {
    this.send({ kind, head: { corrId: head.corrId, status, version: '2026-04-01' }, data: {} });
  }
}

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
  server.on('connection', (socket) => peers.add(new Peer(socket)));
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

/** Starts the network and waits for its first connection. */
async function connect(options: WebSocketNetworkOptions = {}): Promise<Peer> {
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields) => waits.add((fields as { waitMs: number }).waitMs),
    error: () => undefined,
  };
  network = new WebSocketNetwork({ url, group: 'g', pid: 'a', timeout: 10_000, logger, ...options });
  await network.init();
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

  test.each([[500], [429], [503]])('answered with %i fails as with HttpNetwork', async (status) => {
    const peer = await connect();
    const read = send('promise.get');
    peer.answer(await peer.frames.next(), status);
    await expect(read).rejects.toThrow(ResonateTimeoutException);
  });

  test('gets its own answer even if answers arrive in another order', async () => {
    const peer = await connect();
    const [one, two] = [send('promise.get'), send('task.release')];
    const [first, second] = [await peer.frames.next(), await peer.frames.next()];
    peer.answer(second);
    peer.answer(first, 404);
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
