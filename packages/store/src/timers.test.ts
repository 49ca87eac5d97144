import { describe, expect, test } from '@jest/globals';
import { BatchConflict, StoreUnavailable } from '@resonate/drivers';
import { SqliteStore } from './sqlite-store.fixture.ts';

const MINUTE = 60_000;

function schedule(id: string) {
  return { id, cron: '* * * * *', promiseId: '{{.id}}/{{.timestamp}}', promiseTimeout: MINUTE };
}

async function fixture(): Promise<SqliteStore> {
  const fixture = await SqliteStore.open();
  fixture.now = 10 * MINUTE;
  return fixture;
}

describe('firing what is due', () => {
  test('settles promises, ends leases and fires schedules whose time has come, and nothing else', async () => {
    const due = await fixture();
    await due.create('over', { timeoutAt: due.now + 100 });
    await due.create('not yet', { timeoutAt: due.now + 101 });
    await due.createTask('w');
    await due.send('task.acquire', { id: 'w', version: 0, pid: 'p', ttl: 50 });
    await due.send('schedule.create', schedule('s'));
    due.now += 100;
    expect(await due.store.timers.fireDue(10)).toEqual({
      promises: 1,
      leases: 1,
      schedules: 0,
      runs: 0,
      failed: 0,
      failing: 0,
      latenessMs: 50,
      more: false,
    });
    expect([await due.state('over'), await due.state('not yet')]).toEqual(['rejected_timedout', 'pending']);
    expect((await due.dialect.dump()).tasks).toMatchObject([{ id: 'w', state: 'pending', version: 1 }]);
    expect(await due.store.timers.nextAt()).toBe(due.now + 1);
    due.now = 11 * MINUTE;
    expect(await due.store.timers.fireDue(10)).toMatchObject({ promises: 1, schedules: 1, more: true });
    expect(await due.state('s/660000')).toBe('pending');
  });

  test('takes at most its limit of each sort, the oldest first, and says that there is more', async () => {
    const due = await fixture();
    for (const index of [3, 1, 2]) await due.create(`p${index}`, { timeoutAt: due.now + index });
    due.now += 100;
    expect(await due.store.timers.fireDue(2)).toMatchObject({ promises: 2, more: true, latenessMs: 99 });
    expect([await due.state('p1'), await due.state('p2'), await due.state('p3')]).toEqual([
      'rejected_timedout',
      'rejected_timedout',
      'pending',
    ]);
    expect(await due.store.timers.fireDue(2)).toMatchObject({ promises: 1, more: false });
    expect(await due.store.timers.fireDue(2)).toMatchObject({ promises: 0, more: false });
  });

  test('fires missed occurrences, one per round, each exactly once', async () => {
    const due = await fixture();
    await due.send('schedule.create', schedule('s'));
    due.now = 13 * MINUTE;
    for (const expected of [true, true, true, false]) {
      expect(await due.store.timers.fireDue(10)).toMatchObject({ more: expected });
    }
    const { promises, schedules } = await due.dialect.dump();
    expect(promises.map(({ id }) => id)).toEqual(['s/660000', 's/720000', 's/780000']);
    expect(schedules).toMatchObject([{ lastRunAt: 13 * MINUTE, nextRunAt: 14 * MINUTE }]);
  });

  test('does no harm if two leaders do it at once, or if one acts on rows that it read long ago', async () => {
    const due = await fixture();
    await due.create('p', { timeoutAt: due.now + 1 });
    await due.createTask('w');
    await due.send('task.acquire', { id: 'w', version: 0, pid: 'p', ttl: 50 });
    await due.send('schedule.create', schedule('s'));
    due.now = 11 * MINUTE;
    const { dialect } = due;
    const stale = await dialect.dueTimers(due.now, 10);
    await Promise.all([due.store.timers.fireDue(10), due.store.timers.fireDue(10)]);
    await due.send('task.acquire', { id: 'w', version: 1, pid: 'q', ttl: 500_000 });
    const before = await dialect.dump();
    expect(before.promises).toHaveLength(3);
    dialect.dueTimers = async () => stale;
    await due.store.timers.fireDue(10);
    expect(await dialect.dump()).toEqual(before);
  });

  test('continues if a timer fails every time, and counts it as failed', async () => {
    const due = await fixture();
    await due.send('schedule.create', schedule('broken'));
    await due.send('schedule.create', schedule('sound'));
    await due.create('p', { timeoutAt: due.now + 1 });
    due.now = 11 * MINUTE;
    due.breakTransactions(
      ({ schedules }) => schedules.has('broken'),
      () => new Error('value too long'),
    );
    expect(await due.store.timers.fireDue(10)).toMatchObject({ promises: 1, schedules: 1, failed: 1, more: true });
    expect([await due.state('p'), await due.state('sound/660000')]).toEqual(['rejected_timedout', 'pending']);
    // The failed timer backs off, and `nextAt` says when it is tried again.
    expect(await due.store.timers.fireDue(10)).toMatchObject({ schedules: 0, failed: 0, more: false });
    expect(await due.store.timers.nextAt()).toBe(due.now + 1_000);
    due.now += 1_000;
    expect(await due.store.timers.fireDue(10)).toMatchObject({ schedules: 0, failed: 1, more: false });
    expect(await due.store.timers.nextAt()).toBe(due.now + 2_000);
    expect(due.faults).toContainEqual({ kind: 'timer.schedule', message: 'value too long' });
  });

  test('counts the failures of a timer from 0 if it is due at another time', async () => {
    const due = await fixture();
    await due.send('schedule.create', schedule('s'));
    due.breakTransactions(
      ({ promises }) => [...promises].some((id) => id.startsWith('s/')),
      () => new Error('value too long'),
    );
    due.now = 11 * MINUTE;
    expect(await due.store.timers.fireDue(10)).toMatchObject({ failed: 1 });
    due.now += 1_000;
    expect(await due.store.timers.fireDue(10)).toMatchObject({ failed: 1 });
    expect(await due.store.timers.nextAt()).toBe(due.now + 2_000);
    await due.send('schedule.delete', { id: 's' });
    await due.send('schedule.create', schedule('s'));
    due.now = 12 * MINUTE;
    expect(await due.store.timers.fireDue(10)).toMatchObject({ failed: 1 });
    expect(await due.store.timers.nextAt()).toBe(due.now + 1_000);
  });

  test('backs off the only timer that is due, if its row stays locked', async () => {
    const due = await fixture();
    await due.create('p', { timeoutAt: due.now + 1 });
    due.now += 1;
    due.breakTransactions(
      ({ promises }) => promises.has('p'),
      () => new BatchConflict('lock wait timeout exceeded'),
    );
    expect(await due.store.timers.fireDue(10)).toMatchObject({ promises: 0, failed: 1, failing: 1, more: false });
    expect(await due.store.timers.nextAt()).toBe(due.now + 1_000);
  });

  test('holds back only the schedule that a newer program has written', async () => {
    const due = await fixture();
    for (const id of ['newer', 'known']) await due.send('schedule.create', schedule(id));
    await due.create('p', { timeoutAt: due.now + 1 });
    await due.dialect.plain.atomically([
      { sql: "UPDATE schedules SET overlap = 'later' WHERE id = 'newer'", params: [] },
    ]);
    due.now = 11 * MINUTE;
    expect(await due.store.timers.fireDue(10)).toMatchObject({ promises: 1, schedules: 1, failed: 1, failing: 1 });
    const run = await due.send('promise.get', { id: 'known/660000' });
    expect(run).toMatchObject({ data: { promise: { state: 'pending' } } });
    expect(due.faults).toContainEqual({
      kind: 'timer.schedule',
      message: expect.stringContaining('unknown value "later" in the database'),
    });
    expect(await due.store.timers.nextAt()).toBe(due.now + 1_000);
  });

  test('forgets a failing timer after its schedule was deleted', async () => {
    const due = await fixture();
    await due.send('schedule.create', schedule('broken'));
    due.now = 11 * MINUTE;
    let isBroken = true;
    due.breakTransactions(
      ({ schedules }) => isBroken && schedules.has('broken'),
      () => new Error('value too long'),
    );
    expect(await due.store.timers.fireDue(10)).toMatchObject({ failed: 1, failing: 1 });
    expect(await due.store.timers.fireDue(10)).toMatchObject({ failed: 0, failing: 1 });
    isBroken = false;
    await due.send('schedule.delete', { id: 'broken' });
    due.now += 1_000;
    expect(await due.store.timers.fireDue(10)).toMatchObject({ failed: 0, failing: 0 });
    // Otherwise the loop would not sleep any more.
    expect(await due.store.timers.nextAt()).toBeNull();
  });

  test('rejects while the database is unavailable, so that the loop waits', async () => {
    const due = await fixture();
    await due.create('p', { timeoutAt: due.now + 1 });
    due.now += 1;
    due.breakTransactions(
      () => true,
      () => new StoreUnavailable('gone'),
    );
    await expect(due.store.timers.fireDue(10)).rejects.toThrow(StoreUnavailable);
  });

  test('fires even while clients are refused because the queue is full', async () => {
    const due = await SqliteStore.open({ maxWaiting: 1 });
    await due.create('p', { timeoutAt: due.now + 1 });
    due.now += 1;
    const waiting = [due.create('a'), due.create('b'), due.create('c')];
    const fired = due.store.timers.fireDue(10);
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 503, 503]);
    expect(await fired).toMatchObject({ promises: 1, failed: 0 });
  });
});
