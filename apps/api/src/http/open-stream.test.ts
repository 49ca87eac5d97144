import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StreamHub, type StreamSlot } from '@resonate/transports';
import express from 'express';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { openStream } from './open-stream.ts';

const BUFFER_SIZE = 20;

let hub: StreamHub;
let server: Server;
const sockets: Socket[] = [];
/** Called when a stream opens, has room again, or closes. */
let changed: () => void;

beforeEach(async () => {
  changed = () => {};
  hub = new StreamHub({
    maxStreams: 10,
    bufferSize: BUFFER_SIZE,
    bufferBytes: 1_000_000,
    totalBufferBytes: 10_000_000,
  });
  hub.onRoom(() => changed());
  const app = express();
  app.get('/:group/:id', (request, response) => {
    const { group, id } = request.params;
    openStream(request as never, response, hub, { group, id }, { inc: () => changed(), dec: () => changed() });
  });
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  sockets.splice(0).forEach((socket) => socket.destroy());
  server.closeAllConnections();
  server.close();
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise<void>((resolve) => (changed = resolve));
}

async function worker(id: string): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  socket.write(`GET /g/${id} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await until(() => hub.streams().some((stream) => stream.id === id && stream.room > 0));
  return socket;
}

/** Reads until the text has arrived. */
async function reads(socket: Socket, text: string): Promise<string> {
  let got = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    got += String(chunk);
    if (got.includes(text)) return got;
  }
  throw new Error(`the stream ended after: ${got}`);
}

function slot(): StreamSlot {
  const reserved = hub.reserve('g', null);
  if (!reserved) throw new Error('no room');
  return reserved;
}

describe('a stream over a real connection', () => {
  test('is an event stream, and messages of one turn of the event loop arrive in one chunk', async () => {
    const socket = await worker('a');
    const taken: boolean[] = [];
    const settled = new Promise<void>((resolve) => {
      const done = (isTaken: boolean) => {
        if (taken.push(isTaken) === 2) resolve();
      };
      for (const body of ['{"n":1}', '{"n":2}']) slot().send({ body, done });
    });
    const got = await reads(socket, '{"n":2}');
    expect(got).toContain('Content-Type: text/event-stream'.toLowerCase());
    expect(got).toContain(': connected\n\n');
    expect(got).toContain('data: {"n":1}\n\ndata: {"n":2}\n\n');
    await until(() => hub.room('g', 2 * BUFFER_SIZE) === BUFFER_SIZE);
    await settled;
    expect(taken).toEqual([true, true]);
  });

  test('fills up if its reader stalls; messages that the system has not accepted are lost when it breaks', async () => {
    const socket = await worker('a');
    socket.pause();
    const outcomes: boolean[] = [];
    // More than the socket buffers of both ends hold.
    const body = 'x'.repeat(1 << 20);
    for (let count = 0; count < BUFFER_SIZE; count++) slot().send({ body, done: (taken) => outcomes.push(taken) });
    expect(hub.reserve('g', null)).toBeNull();
    // A message that is sent later to a healthy stream counts as delivered after the settling time.
    await worker('healthy');
    expect(await new Promise((resolve) => slot().send({ body: 'later', done: resolve }))).toBe(true);
    const takenBefore = outcomes.length;
    expect(takenBefore).toBeLessThan(BUFFER_SIZE);
    socket.destroy();
    await until(() => hub.size === 1);
    expect(outcomes).toHaveLength(BUFFER_SIZE);
    expect(outcomes.slice(takenBefore)).toEqual(Array<boolean>(BUFFER_SIZE - takenBefore).fill(false));
  });

  test('ends cleanly when its client opens a new one', async () => {
    const older = await worker('a');
    await reads(older, ': connected');
    const last = reads(older, '0\r\n\r\n');
    await worker('a');
    await last;
    expect(hub.size).toBe(1);
  });
});
