import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { requestBytes } from '../../http/raw-connection.ts';
import { MIB } from '../options.ts';
import { envelope, openRaw, pause, type Attack, type Target } from './attack.ts';
import { largePromise } from './bodies.ts';

/** Connections that misuse HTTP, event streams and WebSockets. */

const JSON_TYPE = { 'content-type': 'application/json' };

/** Runs `work` with some connections, holds them for a while and drops them. */
async function withConnections(
  target: Target,
  count: number,
  work: (socket: Socket, index: number) => void,
): Promise<void> {
  const sockets = await Promise.all(Array.from({ length: count }, () => openRaw(target)));
  sockets.forEach(work);
  await pause(target, 500, 4_000);
  for (const socket of sockets) {
    target.count(socket.destroyed ? 'closed by the server' : 'held');
    socket.destroy();
  }
}

/** Event streams that nobody reads, with large messages for them. */
const stalledStreams: Attack = async (target) => {
  const group = `stalled${target.random.int(0, 3)}`;
  const streams = withConnections(target, 5, (socket, index) =>
    socket.write(requestBytes('GET', `/poll/${group}/${index}`, { accept: 'text/event-stream' })),
  );
  const ids = Array.from({ length: 4 }, () => largePromise(target, `poll://any@${group}`));
  await Promise.all([streams, ...ids]);
};

/** Requests on a connection whose answers nobody reads. */
const unreadAnswers: Attack = async (target) => {
  const id = await largePromise(target);
  const get = requestBytes('POST', '/', JSON_TYPE, envelope('promise.get', JSON.stringify({ id })));
  await withConnections(target, 4, (socket) => socket.write(get.repeat(target.random.pick([5, 50, 200]))));
};

const halfRequests: Attack = async (target) => {
  const whole = requestBytes('POST', '/', JSON_TYPE, envelope('promise.get', '{"id":"half"}'));
  await withConnections(target, 10, (socket) => socket.write(whole.slice(0, target.random.int(1, whole.length - 1))));
};

/** Bodies that are announced and then sent a few bytes at a time. */
const slowBodies: Attack = async (target) => {
  const announced = String(target.random.pick([1_000, MIB, 2 * MIB, 2 ** 40]));
  const head = requestBytes('POST', '/', { ...JSON_TYPE, 'content-length': announced });
  await withConnections(target, 10, (socket) => {
    socket.write(head);
    const timer = setInterval(() => socket.write('{"kind":'.repeat(2_000)), 100);
    socket.once('close', () => clearInterval(timer));
  });
};

const brokenHttp: Attack = async (target) => {
  const { random } = target;
  await withConnections(target, 5, (socket) => {
    const bytes = random.pick<() => string | Buffer>([
      () => randomBytes(random.int(1, 100_000)),
      () => requestBytes('POST', '/', { 'content-length': '5', 'transfer-encoding': 'chunked' }),
      () => requestBytes('GET', `/${'x'.repeat(100_000)}`, {}),
      () => requestBytes('GET', '/', { cookie: 'x'.repeat(random.pick([10_000, 1_000_000])) }),
      () => `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(random.pick([10, 100_000]))}`,
      () => requestBytes('PROPFIND', '/poll/%', {}),
    ]);
    socket.write(bytes());
  });
};

/** A frame of a client with an arbitrary header: wrong lengths, reserved bits, opcodes that do not exist. */
function frame(target: Target): Buffer {
  const { random } = target;
  const payload = Buffer.from(
    random.pick([
      () => envelope('promise.get', '{"id":"frame"}'),
      () => '['.repeat(random.pick([10, 100_000])),
      () => '{"ack":1e308}',
      () => 'x'.repeat(random.pick([0, 1_000, 2 * MIB])),
    ])(),
  );
  const header = Buffer.alloc(14);
  header[0] = random.chance(0.6) ? 0x81 : random.int(0, 255);
  header[1] = (random.chance(0.9) ? 0x80 : 0) | 127;
  header.writeBigUInt64BE(random.chance(0.8) ? BigInt(payload.length) : 2n ** BigInt(random.int(20, 62)), 2);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([header, payload]);
}

const garbageFrames: Attack = async (target) => {
  const { random } = target;
  const upgrade = requestBytes('GET', `/connect/soak/${random.int(0, 100)}`, {
    ...{ connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
    'sec-websocket-key': randomBytes(16).toString('base64'),
  });
  await withConnections(target, 5, (socket) => {
    socket.write(upgrade);
    for (let count = random.int(1, 50); count > 0; count--) {
      socket.write(random.chance(0.8) ? frame(target) : randomBytes(random.int(1, 10_000)));
    }
    if (random.chance(0.5)) socket.resume();
  });
};

export const CONNECTIONS: Record<string, Attack> = {
  'stalled event streams': stalledStreams,
  'unread answers': unreadAnswers,
  'half requests': halfRequests,
  'slow bodies': slowBodies,
  'broken HTTP': brokenHttp,
  'garbage WebSocket frames': garbageFrames,
};
