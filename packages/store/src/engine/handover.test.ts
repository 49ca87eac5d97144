import { describe, expect, test } from '@jest/globals';
import { BatchConflict } from '@resonate/drivers';
import { RETRY_TIMEOUT_MS, SqliteStore } from '../sqlite-store.fixture.ts';
import type { WaitingTarget } from '../dialect.ts';
import type { Delivery, Receiver } from './handover.ts';

/** Connections with room for `room` messages, and what happened to each. */
class Connections implements Receiver {
  readonly transport = 'poll';
  readonly log: string[] = [];
  readonly asked: { target: string; prefers: string | null }[] = [];
  onSend: (delivery: Delivery) => void = () => {};
  room: number;

  constructor(room: number) {
    this.room = room;
  }

  reserve(target: string, prefers: string | null) {
    this.asked.push({ target, prefers });
    if (this.room === 0) return null;
    this.room--;
    return {
      send: (delivery: Delivery) => {
        this.log.push(`send ${nameOf(delivery)}`);
        this.onSend(delivery);
      },
      cancel: () => {
        this.room++;
        this.log.push('cancel');
      },
    };
  }
}

function nameOf(delivery: Delivery): string {
  if (delivery.kind === 'execute') return `execute ${delivery.task.id} v${delivery.task.version}`;
  return `unblock ${delivery.promise.id} ${delivery.promise.state} to ${delivery.listener.address}`;
}

async function connected(room = 100): Promise<{ server: SqliteStore; connections: Connections }> {
  const server = await SqliteStore.open();
  const connections = new Connections(room);
  server.store.attachReceiver(connections);
  return { server, connections };
}

describe('messages that a connection of this process can take', () => {
  test('are written as claimed in the commit that makes them due, and sent after it', async () => {
    const { server, connections } = await connected();
    const nextDeliveries: Promise<WaitingTarget[]>[] = [];
    connections.onSend = () => {
      nextDeliveries.push(server.dialect.nextDue('poll', ['g']));
    };
    await server.createTask('w');
    expect(connections.log).toEqual(['send execute w v0']);
    expect(await nextDeliveries[0]).toEqual([{ target: 'g', dueAt: server.now + RETRY_TIMEOUT_MS }]);
    expect((await server.dialect.dump()).tasks).toMatchObject([
      {
        claimedBy: 'me',
        attempts: 1,
        enqueuedAt: server.now,
        dueAt: server.now + RETRY_TIMEOUT_MS,
      },
    ]);
  });

  test('are handed over by every transition that makes a message due', async () => {
    const { server, connections } = await connected();
    await server.createTask('w');
    await server.send('task.acquire', { id: 'w', version: 0, pid: 'p', ttl: 1_000 });
    await server.send('task.release', { id: 'w', version: 1 });
    await server.send('task.acquire', { id: 'w', version: 1, pid: 'p', ttl: 1_000 });
    await server.create('awaited');
    const action = { kind: 'promise.register_callback', data: { awaited: 'awaited', awaiter: 'w' } };
    await server.send('task.suspend', { id: 'w', version: 2, actions: [action] });
    await server.send('promise.register_listener', { awaited: 'awaited', address: 'poll://uni@g/x' });
    await server.send('promise.settle', { id: 'awaited', state: 'resolved' });
    expect(connections.log).toEqual([
      'send execute w v0',
      'send execute w v1',
      'send unblock awaited resolved to poll://uni@g/x',
      'send execute w v2',
    ]);
  });

  test('include none of another transport, no delayed ones, and none that the batch itself acquired or settled', async () => {
    const { server, connections } = await connected();
    const data = { id: 'taken', timeoutAt: server.now + 100, tags: { 'resonate:target': 'poll://any@g' } };
    await Promise.all([
      server.createTask('http', { tags: { 'resonate:target': 'http://example.invalid/' } }),
      server.createTask('later', { tags: { 'resonate:delay': String(server.now + 1) } }),
      server.send('task.create', { pid: 'p', ttl: 5, action: { kind: 'promise.create', data } }),
      server.createTask('short'),
      server.send('promise.settle', { id: 'short', state: 'resolved' }),
      server.createTask('over', { timeoutAt: server.now }),
    ]);
    expect(connections.log).toEqual([]);
    expect(connections.asked).toEqual([]);
  });

  test('stay due if there is no room, and cause a hint', async () => {
    const { server, connections } = await connected(1);
    const hints: unknown[] = [];
    server.store.hints.onHint(({ deliveries }) => hints.push(Object.fromEntries(deliveries)));
    await Promise.all([server.createTask('a'), server.createTask('b')]);
    expect(connections.log).toEqual(['send execute a v0']);
    expect((await server.dialect.dump()).tasks).toMatchObject([
      { id: 'a', claimedBy: 'me' },
      { id: 'b', claimedBy: null, dueAt: server.now, attempts: 0 },
    ]);
    expect(hints).toEqual([{ poll: { at: server.now, targets: new Map([['g', server.now]]) } }]);
  });

  test('cause no hint if all of them are handed over', async () => {
    const { server } = await connected();
    const hints: unknown[] = [];
    server.store.hints.onHint(({ deliveries }) => hints.push(Object.fromEntries(deliveries)));
    await server.createTask('a');
    expect(hints).toEqual([{}]);
  });

  test.each([
    ['are sent if there is room', 1, ['send unblock p resolved to poll://uni@g/x'], {}],
    ['cause a hint if there is none', 0, [], { poll: expect.objectContaining({ targets: expect.any(Map) }) }],
  ])('for a listener that is registered in the batch that settles its promise %s', async (_, room, log, hint) => {
    const { server, connections } = await connected(room);
    await server.create('p');
    const hints: unknown[] = [];
    server.store.hints.onHint(({ deliveries }) => hints.push(Object.fromEntries(deliveries)));
    await Promise.all([
      server.send('promise.register_listener', { awaited: 'p', address: 'poll://uni@g/x' }),
      server.send('promise.settle', { id: 'p', state: 'resolved' }),
    ]);
    expect(connections.log).toEqual(log);
    expect(hints).toEqual(room > 0 ? [] : [hint]);
  });

  test('ask for the connection that they prefer', async () => {
    const { server, connections } = await connected();
    await server.createTask('a', { tags: { 'resonate:target': 'poll://any@g/one' } });
    await server.createTask('b', { tags: { 'resonate:target': 'poll://uni@g/two' } });
    await server.createTask('c', { tags: { 'resonate:target': 'poll://uni@g%2Fh/%C3%BC%25' } });
    expect(connections.asked).toEqual([
      { target: 'g', prefers: 'one' },
      { target: 'g/two', prefers: null },
      { target: 'g%2Fh/%C3%BC%25', prefers: null },
    ]);
  });
});

describe('a commit that fails', () => {
  test('gives the reserved room back; only what is committed is sent', async () => {
    const { server, connections } = await connected();
    server.breakTransactions(
      ({ promises }) => promises.has('culprit'),
      () => new Error('disk on fire'),
    );
    const replies = await Promise.all(['a', 'culprit', 'b'].map((id) => server.createTask(id)));
    expect(replies.map(({ status }) => status)).toEqual([200, 500, 200]);
    expect(connections.log.filter((line) => line.startsWith('send'))).toEqual([
      'send execute a v0',
      'send execute b v0',
    ]);
    expect(connections.room).toBe(98);
  });

  test('and is repeated reserves room again, and sends once', async () => {
    const { server, connections } = await connected();
    let conflicts = 0;
    server.breakTransactions(
      () => ++conflicts === 1,
      () => new BatchConflict('deadlock'),
    );
    await server.createTask('a');
    expect(connections.log).toEqual(['cancel', 'send execute a v0']);
    expect(connections.room).toBe(99);
  });
});

test('if writing to one connection fails, the other messages are sent, and the first error is reported', async () => {
  const { server, connections } = await connected();
  connections.onSend = (delivery) => {
    if (!nameOf(delivery).includes(' c ')) throw new Error(`broken pipe of ${nameOf(delivery)}`);
  };
  await Promise.all(['a', 'b', 'c'].map((id) => server.createTask(id)));
  expect(connections.log).toEqual(['send execute a v0', 'send execute b v0', 'send execute c v0']);
  expect(server.faults).toEqual([{ kind: 'promise.create', message: 'broken pipe of execute a v0' }]);
});

test('if writing to a connection fails, no request fails: the batch is committed, and does not run again', async () => {
  const { server, connections } = await connected();
  connections.onSend = () => {
    throw new Error('broken pipe');
  };
  const replies = await Promise.all([server.createTask('a'), server.create('p')]);
  expect(replies.map(({ status }) => status)).toEqual([200, 200]);
  expect(connections.log).toEqual(['send execute a v0']);
  expect(server.faults).toEqual([{ kind: 'promise.create', message: 'broken pipe' }]);
  expect(server.batches).toEqual([2]);
});
