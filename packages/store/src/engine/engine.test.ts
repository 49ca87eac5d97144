import { describe, expect, test } from '@jest/globals';
import { BatchConflict, OutcomeUnknown, StoreUnavailable } from '@resonate/drivers';
import type { Reply } from '@resonate/protocol';
import { SqliteStore } from '../sqlite-store.fixture.ts';

function statuses(replies: Reply[]): number[] {
  return replies.map(({ status }) => status);
}

function range(count: number, prefix = 'p'): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

describe('a batch', () => {
  test('answers in order, later requests seeing what earlier ones did, in one transaction', async () => {
    const server = await SqliteStore.open();
    const replies = await Promise.all([
      server.createTask('w'),
      server.send('task.acquire', { id: 'w', version: 0, pid: 'p', ttl: 1_000 }),
      server.send('task.acquire', { id: 'w', version: 0, pid: 'q', ttl: 1_000 }),
      server.send('promise.settle', { id: 'w', state: 'resolved' }),
      server.send('task.release', { id: 'w', version: 1 }),
    ]);
    expect(statuses(replies)).toEqual([200, 200, 409, 200, 409]);
    expect(server.batches).toEqual([5]);
    expect((await server.dialect.dump()).tasks).toMatchObject([{ state: 'fulfilled', version: 1 }]);
  });

  test('stores a schedule that it deletes and creates again as the client was answered', async () => {
    const server = await SqliteStore.open();
    const data = { id: 's', promiseTimeout: 5, cron: '* * * * *', promiseId: 'old', promiseTags: { a: 'old' } };
    await server.send('schedule.create', data);
    const anew = { ...data, promiseTimeout: 6, cron: '0 0 1 1 *', promiseId: 'new', promiseTags: { a: 'new' } };
    const [, created] = await Promise.all([
      server.send('schedule.delete', { id: 's' }),
      server.send('schedule.create', { ...anew, promiseParam: { data: 'new' } }),
    ]);
    expect(created).toMatchObject({ data: { schedule: { ...anew, promiseParam: { data: 'new' } } } });
    expect(await server.send('schedule.get', { id: 's' })).toEqual(created);
  });

  test('runs again, once, with the settlements of all expired promises that it names', async () => {
    const server = await SqliteStore.open();
    for (const id of range(20)) await server.create(id, { timeoutAt: server.now + 10 });
    await server.createTask('w');
    await server.send('task.acquire', { id: 'w', version: 0, pid: 'p', ttl: 100_000 });
    server.now += 10;
    let transactions = 0;
    const { dialect } = server;
    const transact = dialect.transact.bind(dialect);
    dialect.transact = (needs, decide) => {
      transactions++;
      return transact(needs, decide);
    };
    const actions = range(20).map((awaited) => ({
      kind: 'promise.register_callback',
      data: { awaited, awaiter: 'w' },
    }));
    const replies = await Promise.all([
      server.send('task.suspend', { id: 'w', version: 1, actions }),
      server.create('p3'),
    ]);
    expect(statuses(replies)).toEqual([300, 200]);
    expect(transactions).toBe(2);
    expect(await server.state('p19')).toBe('rejected_timedout');
  });
});

test('a request that names many promises is answered although some of them expire during each load', async () => {
  const server = await SqliteStore.open();
  for (let index = 0; index < 20; index++)
    await server.create(`p${index}`, { timeoutAt: server.now + 100 + index * 100 });
  await server.createTask('w');
  await server.send('task.acquire', { id: 'w', version: 0, pid: 'p', ttl: 100_000 });
  const { dialect } = server;
  const transact = dialect.transact.bind(dialect);
  dialect.transact = (needs, decide) => {
    server.now += 100;
    return transact(needs, decide);
  };
  const actions = range(20).map((awaited) => ({ kind: 'promise.register_callback', data: { awaited, awaiter: 'w' } }));
  expect(await server.send('task.suspend', { id: 'w', version: 1, actions })).toMatchObject({ status: 300 });
});

test('a read of a row that cannot be decoded fails alone', async () => {
  const server = await SqliteStore.open();
  for (const id of range(5)) await server.create(id);
  await server.dialect.plain.atomically([{ sql: "UPDATE promises SET state = 'odd' WHERE id = 'p2'", params: [] }]);
  const replies = await Promise.all(range(5).map((id) => server.send('promise.get', { id })));
  expect(statuses(replies)).toEqual([200, 200, 500, 200, 200]);
});

describe('a request that breaks the database', () => {
  test('gets a 500 alone; all others of its batch are committed', async () => {
    const server = await SqliteStore.open();
    server.breakTransactions(
      ({ promises }) => promises.has('p5'),
      () => new Error('disk on fire'),
    );
    const replies = await Promise.all(range(9).map((id) => server.create(id)));
    expect(statuses(replies)).toEqual([200, 200, 200, 200, 200, 500, 200, 200, 200]);
    expect(replies[5]).toEqual({ status: 500, data: 'Storage failed' });
    expect(server.faults).toEqual([{ kind: 'promise.create', message: 'disk on fire' }]);
    const { promises } = await server.dialect.dump();
    expect(promises.map(({ id }) => id)).toEqual(range(9).filter((id) => id !== 'p5'));
  });

  test('undoes no change of earlier requests in its batch', async () => {
    const server = await SqliteStore.open();
    await server.createTask('w');
    server.breakTransactions(
      ({ promises }) => promises.has('culprit'),
      () => new Error('disk on fire'),
    );
    const replies = await Promise.all([
      server.send('task.acquire', { id: 'w', version: 0, pid: 'p', ttl: 1_000 }),
      server.create('culprit'),
      server.send('task.acquire', { id: 'w', version: 0, pid: 'q', ttl: 1_000 }),
    ]);
    expect(statuses(replies)).toEqual([200, 500, 409]);
  });
});

describe('a batch that conflicts with another one', () => {
  test('is repeated until it succeeds', async () => {
    const server = await SqliteStore.open();
    let conflicts = 0;
    server.breakTransactions(
      () => conflicts++ < 3,
      () => new BatchConflict('deadlock'),
    );
    expect(statuses(await Promise.all(range(4).map((id) => server.create(id))))).toEqual([200, 200, 200, 200]);
    expect(conflicts).toBe(4);
    expect(server.batches).toEqual([4]);
  });

  test('every time is split: only the request that causes it gets a 503, and changes nothing', async () => {
    const server = await SqliteStore.open();
    server.breakTransactions(
      ({ promises }) => promises.has('p1'),
      () => new BatchConflict('deadlock'),
    );
    const replies = await Promise.all(range(4).map((id) => server.create(id)));
    expect(statuses(replies)).toEqual([200, 503, 200, 200]);
    expect(await server.state('p1')).toBe('absent');
    expect(server.faults).toEqual([]);
  });
});

describe('a request that asks for more rows again and again', () => {
  /** Removes the expired promise from what each batch may settle, so its request asks for it each time. */
  async function neverEnough(server: SqliteStore): Promise<{ transactions: () => number }> {
    await server.create('over', { timeoutAt: server.now + 5 });
    server.now += 5;
    let transactions = 0;
    const { dialect } = server;
    const transact = dialect.transact.bind(dialect);
    dialect.transact = (needs, decide) => {
      transactions++;
      return transact(needs, (loaded, now) => {
        needs.settlements.delete('over');
        return decide(loaded, now);
      });
    };
    return { transactions: () => transactions };
  }

  test('gets a 500 after a few transactions; all others of its batch succeed', async () => {
    const server = await SqliteStore.open();
    const { transactions } = await neverEnough(server);
    const settle = server.send('promise.settle', { id: 'over', state: 'resolved' });
    const replies = await Promise.all([server.create('a'), settle, server.create('b'), server.create('c')]);
    expect(statuses(replies)).toEqual([200, 500, 200, 200]);
    expect(server.faults).toMatchObject([{ kind: 'promise.settle' }]);
    expect(server.gaveUp).toEqual(['more_rows', 'more_rows', 'more_rows']);
    expect(transactions()).toBeLessThan(50);
    expect(await server.state('c')).toBe('pending');
  });

  test('does not block the engine: later requests are answered', async () => {
    const server = await SqliteStore.open({ maxInFlight: 1 });
    await neverEnough(server);
    const stuck = server.send('promise.settle', { id: 'over', state: 'resolved' });
    expect(await server.create('later')).toMatchObject({ status: 200 });
    expect(await stuck).toMatchObject({ status: 500 });
  });
});

describe('a database', () => {
  test('that is unavailable: every request of the batch gets a 503 at once', async () => {
    const server = await SqliteStore.open();
    let transactions = 0;
    server.breakTransactions(
      () => ++transactions > 0,
      () => new StoreUnavailable('connection refused'),
    );
    const replies = await Promise.all(range(3).map((id) => server.create(id)));
    expect(replies[0]).toEqual({ status: 503, data: 'Storage is unavailable: try again later' });
    expect(server.unavailable).toEqual(['connection refused']);
    expect(statuses(replies)).toEqual([503, 503, 503]);
    expect(transactions).toBe(1);
  });

  test('that fails during a commit: every request gets a 500, and none runs again, as it may be committed', async () => {
    const server = await SqliteStore.open();
    await server.createTask('w');
    const { dialect } = server;
    const transact = dialect.transact.bind(dialect);
    let transactions = 0;
    dialect.transact = async (needs, decide) => {
      const decision = await transact(needs, decide);
      if (++transactions === 1) throw new OutcomeUnknown('the connection broke in the commit');
      return decision;
    };
    const replies = await Promise.all([
      server.send('task.acquire', { id: 'w', version: 0, pid: 'p', ttl: 1_000 }),
      server.create('p'),
    ]);
    const unknown = { status: 500, data: 'Storage failed, and the outcome is not known' };
    expect(replies).toEqual([unknown, unknown]);
    expect((await dialect.dump()).tasks).toMatchObject([{ state: 'acquired', version: 1 }]);
    expect(server.faults).toHaveLength(2);
  });
});

test('a batch that takes long does not make the clock of the store late', async () => {
  const server = await SqliteStore.open();
  const { dialect } = server;
  const transact = dialect.transact.bind(dialect);
  dialect.transact = async (needs, decide) => {
    const decision = await transact(needs, decide);
    server.now += 5_000;
    return decision;
  };
  await server.create('p');
  expect(server.store.clock.now()).toBe(server.now);
});

describe('reads', () => {
  test('of one turn share a load; one that finds an expired promise settles it', async () => {
    const server = await SqliteStore.open();
    await server.create('over', { timeoutAt: server.now + 5 });
    await server.create('p');
    server.now += 5;
    let loads = 0;
    const { dialect } = server;
    const load = dialect.load.bind(dialect);
    dialect.load = (needs) => {
      loads++;
      return load(needs);
    };
    const replies = await Promise.all(['over', 'p', 'absent'].map((id) => server.send('promise.get', { id })));
    expect(statuses(replies)).toEqual([200, 200, 404]);
    expect(replies[0]).toMatchObject({ data: { promise: { state: 'rejected_timedout' } } });
    expect(loads).toBe(1);
    expect(await server.state('over')).toBe('rejected_timedout');
  });

  test('that become writes are answered before the store closes, and are not refused by a full queue', async () => {
    const server = await SqliteStore.open({ maxWaiting: 1 });
    await server.create('over', { timeoutAt: server.now + 5 });
    server.now += 5;
    const read = server.send('promise.get', { id: 'over' });
    const closed = server.store.close();
    expect(await read).toMatchObject({ status: 200, data: { promise: { state: 'rejected_timedout' } } });
    await closed;
  });

  test('of an unavailable database get a 503', async () => {
    const server = await SqliteStore.open();
    server.dialect.load = () => Promise.reject(new StoreUnavailable('connection refused'));
    expect(await server.send('promise.get', { id: 'p' })).toMatchObject({ status: 503 });
  });
});

test('a full queue refuses requests with a 503 that says so', async () => {
  const server = await SqliteStore.open({ maxWaiting: 2 });
  const replies = await Promise.all(range(3).map((id) => server.create(id)));
  expect(statuses(replies)).toEqual([200, 200, 503]);
  expect(replies[2]?.data).toContain('Server is overloaded: 2 requests');
});
