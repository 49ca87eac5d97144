import { describe, expect, test } from '@jest/globals';
import {
  acknowledgedListener,
  claimed,
  deadLetterOf,
  deferred,
  dueAtOnce,
  failedTask,
  isClaimable,
  isReserved,
  isForAbsent,
  isTooOld,
  MAX_RESUMED_ATTEMPTS,
  redriven,
  released,
  renewed,
  resumed,
  retryAt,
  waitsForOpen,
  type ListenerRow,
  type TaskRow,
} from '@resonate/machine';
import { RETRY_TIMEOUT_MS } from './in-memory-database.ts';
import { creation, Server } from './server.ts';

const NOW = 100_000;
const QUEUE = { address: 'http://host/', transport: 'http', target: 'http://host', prefers: null } as const;
const UNHELD = { enqueuedAt: null, attempts: 0, claimedBy: null, deferredBy: null };

/** A pending task whose message became due a second ago. */
function task(changes: Partial<TaskRow> = {}): TaskRow {
  const message = { ...QUEUE, ...UNHELD, dueAt: NOW - 1_000, enqueuedAt: NOW - 1_000 };
  const rest = { version: 3, resumes: 0, pid: null, ttl: null, timeoutAt: 1_000_000, setbacks: 0 };
  return { id: 'a', state: 'pending', ...rest, ...message, ...changes };
}

/** A listener whose promise settled a second ago. */
function listener(changes: Partial<ListenerRow> = {}): ListenerRow {
  return { awaited: 'p', ...QUEUE, ...UNHELD, dueAt: NOW - 1_000, enqueuedAt: NOW - 1_000, ...changes };
}

/** Only the fields in `changes` differ from `row`. */
function expectChanged<Row extends TaskRow | ListenerRow>(after: Row | null, row: Row, changes: Partial<Row>): void {
  expect(after).toEqual({ ...row, ...changes });
}

const held = { claimedBy: 'me', dueAt: NOW + 5_000, attempts: 1 };
const claimer = { processId: 'me', retryTimeoutMs: 30_000 };

describe('M1, T18: a claim', () => {
  test('takes only messages that wait and are due, and no task that has timed out', () => {
    expect([isClaimable(task(), NOW), isClaimable(listener(), NOW)]).toEqual([true, true]);
    expect([isClaimable(task({ dueAt: NOW }), NOW), isClaimable(task({ dueAt: NOW + 1 }), NOW)]).toEqual([true, false]);
    expect(isClaimable(task({ state: 'acquired' }), NOW)).toBe(false);
    expect(isClaimable(task({ timeoutAt: NOW }), NOW)).toBe(false);
    expect(isClaimable(listener({ dueAt: null }), NOW)).toBe(false);
  });

  test('leaves a message that prefers a connection to the process with that connection, for the grace period', () => {
    const message = listener({ prefers: 'w1' });
    const reserved = (id: string, graceMs: number) => isReserved(message, { preferred: new Set([id]), graceMs }, NOW);
    expect([reserved('w1', 2_000), reserved('w2', 2_000)]).toEqual([false, true]);
    // It has been due for a second.
    expect([reserved('w2', 1_001), reserved('w2', 1_000)]).toEqual([true, false]);
    expect(isReserved(listener(), { preferred: new Set(), graceMs: 2_000 }, NOW)).toBe(false);
  });

  test('holds the message until the retry timeout and counts the attempt', () => {
    const changes = { dueAt: NOW + 30_000, claimedBy: 'me', attempts: 1 };
    expectChanged(claimed(task(), claimer, NOW), task(), changes);
    expectChanged(claimed(listener(), claimer, NOW), listener(), changes);
  });

  test('keeps the time at which the message was enqueued; for a delayed message that is its due time', () => {
    expect(claimed(task({ enqueuedAt: 7 }), claimer, NOW).enqueuedAt).toBe(7);
    expect(claimed(task({ enqueuedAt: null, dueAt: NOW - 9 }), claimer, NOW).enqueuedAt).toBe(NOW - 9);
  });

  test('ends a deferral', () => {
    expect(claimed(listener({ deferredBy: 'other' }), claimer, NOW).deferredBy).toBeNull();
  });

  test('adds 1 to the attempts after a failure, but not after a claim without an outcome', () => {
    const attempts = (row: TaskRow | ListenerRow) => claimed(row, claimer, NOW).attempts;
    expect([attempts(task({ attempts: 4 })), attempts(listener({ attempts: 4 }))]).toEqual([5, 5]);
    const silent = { claimedBy: 'other', attempts: 4 };
    expect([attempts(task(silent)), attempts(listener(silent))]).toEqual([2, 4]);
    expect(attempts(listener({ claimedBy: 'other', attempts: 1 }))).toBe(2);
  });
});

describe('M2 and M3: an outcome', () => {
  const arrived = { kind: 'unblock', awaited: 'p', address: QUEUE.address, delivered: true } as const;
  const failed = { kind: 'unblock', awaited: 'p', address: QUEUE.address, delivered: false, dueAt: NOW + 9 } as const;
  const failedExecute = { kind: 'execute', id: 'a', version: 3, delivered: false, dueAt: NOW + 9 } as const;

  test('M2, L4: an unblock that arrived leaves the outbox', () => {
    expect(acknowledgedListener(listener(held), arrived, 'me')).toBeNull();
  });

  test('M3, T19: a message that failed is due when its sender says, and is no longer claimed', () => {
    const changes = { dueAt: NOW + 9, claimedBy: null };
    expectChanged(acknowledgedListener(listener(held), failed, 'me'), listener(held), changes);
    expectChanged(failedTask(task(held), failedExecute, 'me'), task(held), changes);
  });

  test('M2, M3 and M9 change nothing if no process or another process has claimed the message', () => {
    for (const claimedBy of ['other', null]) {
      const row = listener({ ...held, claimedBy });
      expect(acknowledgedListener(row, arrived, 'me')).toBe(row);
      expect(acknowledgedListener(row, failed, 'me')).toBe(row);
      expect(acknowledgedListener(row, { ...arrived, delivered: false, deadLetterError: 'x' }, 'me')).toBe(row);
      const execute = task({ ...held, claimedBy });
      expect(failedTask(execute, failedExecute, 'me')).toBe(execute);
    }
  });

  test('M3: a task that was acquired or has a new version is left alone', () => {
    for (const moved of [task({ ...held, version: 4 }), task({ ...held, state: 'acquired' })]) {
      expect(failedTask(moved, failedExecute, 'me')).toBe(moved);
    }
  });
});

describe('M4, T20: a release', () => {
  const ours = { processIds: new Set(['me']) };

  test('makes due at once what the process claimed or deferred', () => {
    for (const row of [held, { deferredBy: 'me', dueAt: NOW + 5_000 }]) {
      expectChanged(released(task(row), ours, NOW), task(row), { dueAt: NOW, claimedBy: null, deferredBy: null });
      const waiting = listener(row);
      expectChanged(released(waiting, ours, NOW), waiting, { dueAt: NOW, claimedBy: null, deferredBy: null });
    }
  });

  test('leaves alone what is due already: its claim is over, and the next claim sees that it had no outcome', () => {
    for (const dueAt of [NOW - 1, NOW]) {
      const row = task({ ...held, dueAt });
      expect(released(row, ours, NOW)).toBe(row);
    }
    expect(released(task({ ...held, dueAt: NOW + 1 }), ours, NOW).dueAt).toBe(NOW);
  });

  test('skips messages that another process or no process holds, and acquired tasks; null means any process', () => {
    const theirs = task({ ...held, claimedBy: 'other' });
    expect(released(theirs, ours, NOW)).toBe(theirs);
    expect(released(theirs, { processIds: null }, NOW).claimedBy).toBeNull();
    const delayed = task({ dueAt: NOW + 5_000 });
    expect(released(delayed, { processIds: null }, NOW)).toBe(delayed);
    const acquired = task({ ...held, state: 'acquired' });
    expect(released(acquired, ours, NOW)).toBe(acquired);
  });

  test('that is limited to deferrals releases no claims, because claimed messages may have been delivered', () => {
    const release = { ...ours, only: 'deferred' } as const;
    const claim = listener(held);
    expect(released(claim, release, NOW)).toBe(claim);
    expect(released(listener({ deferredBy: 'me', dueAt: NOW + 5_000 }), release, NOW).dueAt).toBe(NOW);
  });

  test('after a lost answer to a claim applies only to that transport and to claims since then', () => {
    const since = (transport: 'http' | 'poll', dueFrom: number) => ({ ...ours, since: { transport, dueFrom } });
    const row = task(held);
    expect(released(row, since('http', NOW + 5_000), NOW).dueAt).toBe(NOW);
    expect(released(row, since('http', NOW + 5_001), NOW)).toBe(row);
    expect(released(row, since('poll', NOW), NOW)).toBe(row);
  });
});

test('M5: a renewal extends a claim of this process, and no other', () => {
  expectChanged(renewed(listener(held), 'me', NOW + 60_000), listener(held), { dueAt: NOW + 60_000 });
  for (const row of [listener(), listener({ ...held, claimedBy: 'other' }), listener({ ...held, dueAt: null })]) {
    expect(renewed(row, 'me', NOW + 60_000)).toBe(row);
  }
});

describe('M6: a deferral', () => {
  const FOR_MS = 60_000;

  test('ends after its time at the latest, and belongs to the process', () => {
    const row = listener({ ...held, dueAt: NOW, enqueuedAt: NOW });
    const changes = { dueAt: NOW + FOR_MS, claimedBy: null, deferredBy: 'me' };
    expectChanged(deferred(row, 'me', FOR_MS, NOW), row, changes);
    expect(deferred(task({ enqueuedAt: null, dueAt: NOW - 9 }), 'me', FOR_MS, NOW).enqueuedAt).toBe(NOW - 9);
  });

  test('lasts at least half of its time, and older messages are due earlier', () => {
    const dueAt = (age: number) => deferred(task({ enqueuedAt: NOW - age }), 'me', FOR_MS, NOW).dueAt;
    expect([0, 1, 29_999, 30_000, 30_001, 99_999].map(dueAt)).toEqual(
      [60_000, 59_999, 30_001, 30_000, 30_000, 30_000].map((ms) => NOW + ms),
    );
  });

  test('takes nothing that is not due', () => {
    for (const row of [task(held), task({ dueAt: NOW + 1 }), task({ state: 'halted', dueAt: null })]) {
      expect(deferred(row, 'me', FOR_MS, NOW)).toBe(row);
    }
  });
});

describe('M7: a resumption', () => {
  const limits = { withinMs: 60_000, maxAttempts: MAX_RESUMED_ATTEMPTS };
  const waits = { dueAt: NOW + 5_000, deferredBy: 'other' };

  test('makes messages due that have failed or that any process deferred, and keeps their age', () => {
    for (const row of [task(waits), task({ ...waits, deferredBy: null, attempts: 3 })]) {
      expectChanged(resumed(row, limits, NOW), row, { dueAt: NOW - 1_000, deferredBy: null });
    }
    expect(resumed(listener(waits), limits, NOW).dueAt).toBe(NOW - 1_000);
  });

  test('skips messages that are claimed, due, delayed by the sender, due later than deferrals, or failed too often', () => {
    const rows = [
      task({ ...waits, claimedBy: 'other' }),
      task({ ...waits, dueAt: NOW }),
      task({ ...waits, enqueuedAt: null }),
      task({ ...waits, dueAt: NOW + 60_001 }),
      task({ ...waits, attempts: MAX_RESUMED_ATTEMPTS }),
      task({ ...waits, state: 'acquired' }),
    ];
    for (const row of rows) expect(resumed(row, limits, NOW)).toBe(row);
    expect(resumed(task({ ...waits, dueAt: NOW + 60_000 }), limits, NOW).dueAt).toBe(NOW - 1_000);
    expect(resumed(task({ ...waits, attempts: 9 }), limits, NOW).dueAt).toBe(NOW - 1_000);
  });
});

test('M8: an operator makes a waiting execute due at once, whatever delays it', () => {
  // It counts as due for 60 s already, so that a target whose circuit is open gets it as a probe.
  const changes = { dueAt: NOW - 60_000, claimedBy: null, deferredBy: null };
  for (const row of [task(held), task({ dueAt: NOW + 5_000, deferredBy: 'other' })]) {
    expectChanged(dueAtOnce(row, 60_000, NOW), row, changes);
  }
  expect(dueAtOnce(task({ dueAt: NOW + 5_000, enqueuedAt: null }), 60_000, NOW).enqueuedAt).toBe(NOW);
  expect(dueAtOnce(task({ dueAt: NOW + 5_000, transport: 'poll' }), 60_000, NOW).dueAt).toBe(NOW);
  for (const row of [task(), task({ ...held, state: 'acquired' })]) expect(dueAtOnce(row, 60_000, NOW)).toBe(row);
});

describe('M9: a dead letter', () => {
  test('replaces an unblock that has finally failed, and keeps its error', () => {
    const row = listener({ ...held, attempts: 5 });
    const died = {
      kind: 'unblock',
      awaited: 'p',
      address: QUEUE.address,
      delivered: false,
      deadLetterError: 'x',
    } as const;
    expect(acknowledgedListener(row, died, 'me')).toBeNull();
    const times = { enqueuedAt: NOW - 1_000, diedAt: NOW };
    expect(deadLetterOf(row, 'x', NOW)).toEqual({ awaited: 'p', ...QUEUE, attempts: 5, lastError: 'x', ...times });
  });

  test('keeps 1,024 bytes of the error, whole characters without NUL', () => {
    expect(deadLetterOf(listener(), `\u0000a${'ß'.repeat(600)}`, NOW).lastError).toBe(`a${'ß'.repeat(511)}`);
  });

  test('replaces an unblock that has waited for too long and that no process is delivering', () => {
    const old = listener({ enqueuedAt: NOW - 501 });
    expect(isTooOld(old, 500, NOW)).toBe(true);
    expect(isTooOld({ ...old, dueAt: NOW + 9, deferredBy: 'other' }, 500, NOW)).toBe(true);
    expect(isTooOld({ ...old, claimedBy: 'other' }, 500, NOW)).toBe(true);
    expect(isTooOld({ ...old, claimedBy: 'other', dueAt: NOW + 1 }, 500, NOW)).toBe(false);
    expect(isTooOld({ ...old, enqueuedAt: NOW - 500 }, 500, NOW)).toBe(false);
    expect(isTooOld({ ...old, dueAt: null }, 500, NOW)).toBe(false);
  });
});

test('M10: a redriven letter is a new message, due at once', () => {
  const letter = deadLetterOf(listener({ attempts: 5, prefers: '7' }), 'x', NOW);
  const fresh = { dueAt: NOW + 50, enqueuedAt: NOW + 50, attempts: 0, prefers: '7' };
  expect(redriven(letter, NOW + 50)).toEqual(listener(fresh));
});

test('M11: an unblock for one connection that is due and unclaimed for too long is for an absent client', () => {
  const uni = { address: 'poll://uni@g/1', transport: 'poll', target: 'g/1' } as const;
  const absent = listener({ ...uni, dueAt: NOW - 501 });
  expect(isForAbsent(absent, 500, NOW)).toBe(true);
  expect(isForAbsent({ ...absent, attempts: 1 }, 500, NOW)).toBe(true);
  expect(isForAbsent({ ...absent, dueAt: NOW - 500 }, 500, NOW)).toBe(false);
  expect(isForAbsent({ ...absent, dueAt: null }, 500, NOW)).toBe(false);
  expect(isForAbsent({ ...absent, claimedBy: 'other' }, 500, NOW)).toBe(false);
  expect(isForAbsent({ ...absent, address: 'poll://any@g/1', target: 'g', prefers: '1' }, 500, NOW)).toBe(false);
  expect(isForAbsent(listener({ dueAt: NOW - 501 }), 500, NOW)).toBe(false);
});

test('M12: an unblock for a connection that is open but full is due from now on and keeps its age', () => {
  const uni = { address: 'poll://uni@g/1', transport: 'poll', target: 'g/1' } as const;
  const waiting = listener({ ...uni, attempts: 1 });
  expectChanged(waitsForOpen(waiting, NOW), waiting, { dueAt: NOW });
  const without = { ...waiting, enqueuedAt: null };
  expectChanged(waitsForOpen(without, NOW), without, { dueAt: NOW, enqueuedAt: waiting.dueAt });
  expect(isForAbsent(waitsForOpen(waiting, NOW), 500, NOW + 500)).toBe(false);
  expect(isForAbsent(waitsForOpen(waiting, NOW), 500, NOW + 501)).toBe(true);
  for (const other of [
    { ...waiting, dueAt: NOW + 1 },
    { ...waiting, dueAt: null },
    { ...waiting, claimedBy: 'other' },
    listener(),
  ]) {
    expect(waitsForOpen(other, NOW)).toBe(other);
  }
});

describe('a task that is returned without progress', () => {
  const acquired = (server: Server, now: number): number => {
    const { version } = server.task('a');
    server.acquire(now, 'a', version, 100);
    return version + 1;
  };
  const release = (server: Server, now: number, version: number) =>
    server.run(now, { kind: 'task.release', data: { id: 'a', version } });

  test('T6, T16: waits from the second time on, twice as long each time, 20 s at most', () => {
    const server = new Server();
    server.createTask(0, 'a');
    const waits: number[] = [];
    for (let round = 1; round <= 9; round++) {
      const now = round * 50_000;
      const version = acquired(server, now);
      if (round % 2 === 0) release(server, now + 100, version);
      else server.run(now + 100, { kind: 'timer.lease', data: { id: 'a' } });
      const { dueAt, enqueuedAt, setbacks, attempts } = server.task('a');
      expect({ enqueuedAt, setbacks, attempts }).toEqual({ enqueuedAt: now + 100, setbacks: round, attempts: 0 });
      expect(retryAt(server.task('a'), RETRY_TIMEOUT_MS)).toBe(now + 100 + RETRY_TIMEOUT_MS);
      waits.push((dueAt ?? 0) - (now + 100));
    }
    expect(waits).toEqual([0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
  });

  test('T8, T15, T21: starts over after progress', () => {
    const progress: ((server: Server, version: number) => void)[] = [
      (server, version) => server.suspend(20, 'a', version, 'p'),
      (server) => {
        server.run(20, { kind: 'task.halt', data: { id: 'a' } });
        server.run(21, { kind: 'task.continue', data: { id: 'a' } });
      },
      (server, version) => {
        const action = { ...creation('c', {}), head: {} };
        server.run(20, { kind: 'task.fence', data: { id: 'a', version, action } });
      },
    ];
    for (const advance of progress) {
      const server = new Server();
      server.create(0, 'p');
      server.createTask(0, 'a');
      for (const now of [1, 2]) release(server, now, acquired(server, now));
      expect(server.task('a').setbacks).toBe(2);
      advance(server, acquired(server, 10));
      expect(server.task('a').setbacks).toBe(0);
    }
  });
});
