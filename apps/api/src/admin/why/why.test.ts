import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { Cause } from '@resonate/admin';
import type { FailedPromise, TaskRow, WaitingPromise } from '@resonate/store';
import type { ProcessFacts } from './facts.ts';
import { shortReason } from './reasons.ts';
import { MINUTE, NOW, process, promise, task, whyIn, type World } from './why.fixture.ts';

/**
 * Diagnoses of rows in memory: every cause and its limits. test/admin/why.test.ts creates the causes on a real server.
 */

const ofTask = (fields: Partial<TaskRow>, processes?: ProcessFacts[]) =>
  whyIn({ promises: [promise('a', { task: task(fields), function: 'ship' })], ...(processes && { processes }) });

const http = { transport: 'http', target: 'https://shop.example', address: 'https://shop.example/?key=1' } as const;

describe('a pending task', () => {
  test.each<[string, Partial<TaskRow>, Cause, string]>([
    ['is on its way', {}, 'in_delivery', 'It is being delivered to group g.'],
    [
      'starts later',
      { enqueuedAt: null, dueAt: NOW + 5 * MINUTE },
      'delayed',
      'It starts at 2026-01-31 12:05:00 UTC (in 5 min), as its caller asked (resonate:delay).',
    ],
    [
      'was given back again and again',
      { setbacks: 193, dueAt: NOW + 20_000 },
      'given_back',
      'It was given back by its workers 193 times in a row without progress: they released it, or their lease ended. It is sent again at 2026-01-31 12:00:20 UTC (in 20 s).',
    ],
    ['was given back twice, as by a worker that restarts', { setbacks: 2 }, 'in_delivery', 'being delivered'],
    [
      'waited for a worker and was sent just now',
      { claimedBy: 'p', enqueuedAt: NOW - 40_000, dueAt: NOW + 29_000, attempts: 1 },
      'in_delivery',
      'being delivered',
    ],
    [
      'was sent to a worker that does not take it',
      { claimedBy: 'p', enqueuedAt: NOW - 40_000, dueAt: NOW + 20_000, attempts: 2 },
      'not_taken',
      'It was sent to group g 10 s ago, but no worker has acquired it. It is sent again at 2026-01-31 12:00:20 UTC (in 20 s).',
    ],
    [
      'was sent a moment ago',
      { claimedBy: 'p', enqueuedAt: NOW - 1_000, dueAt: NOW + 29_000, attempts: 1 },
      'in_delivery',
      'being delivered',
    ],
    [
      'has been due for long although a worker is connected',
      { dueAt: NOW - 40_000, enqueuedAt: NOW - 40_000 },
      'not_delivered',
      'It has been due for 40 s and was not delivered to group g, although a worker is connected.',
    ],
    [
      'is for a transport that nobody serves',
      { transport: 'kafka', target: 'orders' },
      'transport_off',
      'It waits for kafka://orders, but no running process delivers over kafka.',
    ],
    [
      'is for one connection of a group, and this connection is not open',
      { target: 'g/one', dueAt: NOW - 6_000 },
      'no_worker',
      'It waits for connection one of group g, which is not connected',
    ],
    ['was sent over a stream that broke', { attempts: 1 }, 'in_delivery', 'being delivered'],
    ['is halted', { state: 'halted', dueAt: null }, 'halted', 'It is halted: no worker gets it until'],
    [
      'is held',
      { state: 'acquired', pid: 'w1', ttl: 60_000, dueAt: NOW + 56_000 },
      'held',
      'It is held by worker w1 until 2026-01-31 12:00:56 UTC, last heartbeat 4 s ago.',
    ],
    [
      'is held for the fourth time without progress',
      { state: 'acquired', pid: 'w1', ttl: 60_000, dueAt: NOW + 56_000, setbacks: 3 },
      'given_back',
      '3 times in a row',
    ],
    [
      'is held, but its lease has ended',
      { state: 'acquired', pid: 'w1', ttl: 60_000, dueAt: NOW - 9_000 },
      'timers_late',
      'the elected scheduler has not fired that timer yet',
    ],
    ['waits for nothing', { state: 'suspended', dueAt: null }, 'abandoned', 'waits for no promise'],
  ])('%s', async (_name, fields, cause, sentence) => {
    const answer = await ofTask(fields);
    expect(answer).toMatchObject({ cause, sentence: expect.stringContaining(sentence) });
    expect(answer.action).toMatch(/\w/);
  });

  test('that is held by a worker whose heartbeat is late says so', async () => {
    const held = (dueAt: number) => ofTask({ state: 'acquired', pid: 'w1', ttl: 60_000, dueAt });
    expect((await held(NOW + 20_000)).action).toMatch(/^Its last heartbeat is late: .* release its task\.$/);
    expect(await held(NOW + 31_000)).toMatchObject({
      action: expect.stringMatching(/^The worker runs it/),
      command: "resonate tasks release 'a' --version 0",
    });
  });

  test('that was given back says how to send it again at once', async () => {
    const answer = await ofTask({ setbacks: 3, dueAt: NOW + 20_000 });
    expect(answer.action).toMatch(/deliver its message\.$/);
    expect(answer.command).toBe("resonate tasks deliver 'a'");
  });

  test('that no worker took says how to send it to another one at once', async () => {
    const answer = await ofTask({ claimedBy: 'p', enqueuedAt: NOW - 40_000, dueAt: NOW + 20_000, attempts: 2 });
    expect(answer).toMatchObject({ cause: 'not_taken', command: "resonate tasks deliver 'a'" });
  });

  test('that has no worker says how many there were, as far as the running processes know', async () => {
    const none = (stats: Partial<ProcessFacts['stats']>, startedAt = NOW - 10 * MINUTE) =>
      ofTask({}, [process({ startedAt }, { streams: [], ...stats })]);
    expect((await none({})).sentence).toBe(
      'It waits for a worker of group g, but none is connected (0 connected, none since the server started 10 min ago).',
    );
    const left = [{ group: 'g', count: 2, agoMs: 12 * MINUTE }];
    const answer = await none({ left }, NOW - 100 * MINUTE);
    expect(answer).toMatchObject({ cause: 'no_worker', needsAction: true, since: NOW });
    expect(answer.sentence).toContain('(0 connected; 2 workers left within the last hour, the last one 12 min ago)');
    expect(answer.action).toContain('a worker of group g that has the function ship');
  });

  test('has a worker if one is connected to another process, but not if that process is dead', async () => {
    const api = process({ role: 'api', leader: false }, { streams: [] });
    const other = process({ role: 'api', leader: false });
    expect((await ofTask({}, [api, other])).cause).toBe('in_delivery');
    expect((await ofTask({}, [api, { ...other, isAlive: false }])).cause).toBe('no_worker');
  });

  test('has a target that fails, with the error and the next attempt', async () => {
    const failing = [
      { ...http, failures: 12, error: 'connect ECONNREFUSED', promise: 'a', retryAt: NOW + 30_000 },
      { transport: 'http', target: 'https://other.example', failures: 99, error: 'no', promise: 'b', retryAt: null },
    ];
    const deferred = { ...http, deferredBy: 'p', dueAt: NOW + 5 * MINUTE };
    const answer = await ofTask(deferred, [process({}, { failing })]);
    expect(answer).toMatchObject({ cause: 'target_fails', error: 'connect ECONNREFUSED', until: NOW + 30_000 });
    expect(answer.sentence).toBe(
      'It cannot be delivered to https://shop.example, which fails: connect ECONNREFUSED (12 failures in a row). The next attempt is at 2026-01-31 12:00:30 UTC (in 30 s).',
    );
    // After a restart the error is unknown.
    expect((await ofTask({ ...http, attempts: 3, dueAt: NOW + 1_000 })).sentence).toBe(
      'It could not be delivered to https://shop.example yet (3 attempts). The next attempt is at 2026-01-31 12:00:01 UTC (in 1 s).',
    );
  });

  test('shows a token with a prefix no numbers of workers, no address, and no error of another promise', async () => {
    const failing = [{ ...http, failures: 2, error: 'the target answered 418', promise: 'b', retryAt: null }];
    const world = (fields: Partial<TaskRow>, one: ProcessFacts): World => ({
      promises: [promise('a', { task: task(fields) })],
      processes: [one],
      prefix: 'a',
    });
    const failed = { ...http, attempts: 2, dueAt: NOW + 1_000 };
    const refused = await whyIn(world(failed, process({}, { failing })));
    expect(refused.cause).toBe('target_fails');
    expect(JSON.stringify(refused)).not.toMatch(/418|key=1/);
    expect((await whyIn(world({}, process({}, { streams: [] })))).sentence).toBe(
      'It waits for a worker of group g, but none is connected.',
    );
  });
});

describe('a chain', () => {
  const suspended = (id: string, fields: Partial<WaitingPromise> = {}) =>
    promise(id, { task: task({ state: 'suspended', dueAt: null }), ...fields });

  test('is listed up to its last promise', async () => {
    const promises = [
      suspended('a'),
      suspended('b', { function: 'pay' }),
      promise('c', { isTimer: true, timeoutAt: NOW + 5 * MINUTE, task: task() }),
    ];
    const answer = await whyIn({ promises, awaits: { a: ['b'], b: ['c'] } });
    expect(answer).toMatchObject({ cause: 'sleeping', promise: 'c', until: NOW + 5 * MINUTE, needsAction: false });
    expect(answer.sentence).toBe(
      'It waits for b (pay), which waits for c. That promise sleeps until 2026-01-31 12:05:00 UTC (in 5 min).',
    );
    expect(answer.chain.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  test('goes from a step to the task that runs it', async () => {
    const held = task({ state: 'acquired', pid: 'w', ttl: 60_000, dueAt: NOW + 60_000 });
    const promises = [promise('a', { branch: 'b' }), promise('b', { task: held })];
    expect((await whyIn({ promises })).sentence).toMatch(/^It is a step of b\. That promise is held by worker w until/);
    const over = [promise('a', { branch: 'b' }), promise('b', { state: 'resolved', settledAt: NOW - MINUTE })];
    expect(await whyIn({ promises: over })).toMatchObject({ cause: 'abandoned', since: NOW - MINUTE });
  });

  test('that ends at a deleted promise says to cancel its step, because nobody knows an answer', async () => {
    expect(await whyIn({ promises: [promise('a', { branch: 'gone' })] })).toMatchObject({
      cause: 'abandoned',
      action: 'No worker continues with its result. Cancel it.',
      command: "resonate promises cancel 'a'",
      needsAction: true,
    });
  });

  test('continues with the awaited promise that most probably needs an action', async () => {
    const promises = [
      suspended('a'),
      promise('b', { isTimer: true, timeoutAt: NOW + MINUTE }),
      promise('c', { task: task({ state: 'acquired', dueAt: NOW + MINUTE }) }),
      promise('d', { task: task({ attempts: 5 }) }),
      promise('e', { task: task() }),
      promise('f', { task: task({ state: 'halted', dueAt: null }) }),
    ];
    const first = async (...awaited: string[]) => (await whyIn({ promises, awaits: { a: awaited } })).promise;
    expect(await first('b', 'c', 'd', 'e', 'f')).toBe('f');
    expect(await first('b', 'c', 'd', 'e')).toBe('d');
    expect(await first('b', 'c', 'e')).toBe('e');
    expect(await first('b', 'c')).toBe('c');
    const answer = await whyIn({ promises, awaits: { a: ['b', 'c', 'f'] } });
    expect(answer.sentence).toMatch(/^It waits for f \(and 2 others\)\. That promise is halted/);
    expect(answer.chain[0]).toMatchObject({ others: 2 });
  });

  test('ends at a cycle, after 32 promises, and at a promise that the token may not see', async () => {
    const ring = { promises: [suspended('a'), suspended('b')], awaits: { a: ['b'], b: ['a'] } };
    expect(await whyIn(ring)).toMatchObject({ cause: 'cycle', promise: 'b', needsAction: true });
    const ids = Array.from({ length: 50 }, (_, index) => `a${index}`);
    const awaits = Object.fromEntries(ids.map((id, index) => [id, ids.slice(index + 1, index + 2)]));
    const deep = await whyIn({ promises: ids.map((id) => suspended(id)), awaits }, 'a0');
    expect(deep).toMatchObject({ cause: 'too_deep', promise: 'a31' });
    expect(deep.reads).toHaveLength(32);
    expect(deep.sentence).toContain('which waits for (over 27 more) a31. That promise');
    const secret = { promises: [suspended('a'), suspended('b')], awaits: { a: ['b'] }, prefix: 'a' };
    const hidden = await whyIn(secret);
    expect(hidden).toMatchObject({ cause: 'hidden', chain: [{ id: 'a' }] });
    expect(hidden.reads).toEqual(['a']);
    expect(await whyIn({ promises: [promise('a', { branch: 'b' })], prefix: 'a' })).toMatchObject({ cause: 'hidden' });
  });

  test('whose last promise has timed out says whether the scheduler is late', async () => {
    const ended = (settledAt: number, leader: boolean) =>
      whyIn({
        promises: [suspended('a'), promise('b', { isTimer: true, state: 'resolved', settledAt })],
        awaits: { a: ['b'] },
        processes: [process({ leader })],
      });
    expect(await ended(NOW - 1_000, true)).toMatchObject({ cause: 'in_delivery', needsAction: false });
    expect(await ended(NOW - 9_000, true)).toMatchObject({ cause: 'timers_late', since: NOW - 9_000 });
    expect((await ended(NOW - 1_000, false)).sentence).toContain('no running process is the elected scheduler');
  });

  test('that ends at a promise without a target says that an external client must settle it', async () => {
    const approval = promise('b', { timeoutAt: NOW + 60 * MINUTE });
    const answer = await whyIn({ promises: [suspended('a'), approval], awaits: { a: ['b'] } });
    expect(answer).toMatchObject({ cause: 'outside', needsAction: true, until: NOW + 60 * MINUTE });
    expect(answer).toMatchObject({
      action: 'Settle it when the answer is known.',
      command: "resonate promises resolve 'b' --data …",
    });
    expect((await whyIn({ promises: [promise('a')] })).sentence).not.toContain('times out');
  });

  test('with ids of several kilobytes gives a sentence that fits on a screen', async () => {
    const long = 'x'.repeat(4_000);
    const answer = await whyIn({ promises: [suspended('a'), promise(long)], awaits: { a: [long] } });
    expect(answer.sentence.length).toBeLessThan(500);
    expect(answer.promise).toBe(long);
    expect(answer.command).toContain(long);
  });

  test.each([
    ["a'; rm b #", String.raw`'a'\''; rm b #' --data …`],
    ['$(a) `b` "c" \\', '\'$(a) `b` "c" \\\' --data …'],
    // A terminal may act on control characters when they are pasted. Invisible ones could hide what the id is.
    ["a\u0015\u001b[201~\nb\\'\u202e", String.raw`$'a\025\033[201~\012b\\\'\342\200\256' --data …`],
    ['--server=evil', "--data … -- '--server=evil'"],
  ])('gives a command that a shell reads as one id: %j', async (id, words) => {
    const { command } = await whyIn({ promises: [promise(id)] }, id);
    expect(command).toBe(`resonate promises resolve ${words}`);
    const { stdout } = await promisify(execFile)('bash', ['-c', `${command?.replace('resonate', 'printf "<%s>"')}`]);
    expect(stdout).toContain(`<${id}>`);
  });
});

describe('the short reason in a list', () => {
  const short = (fields: Parameters<typeof promise>[1]) =>
    shortReason(promise('a', fields), { now: NOW, processes: [process()], retryTimeoutMs: 30_000, prefix: '' });

  test.each([
    ['No worker of group gone', { task: task({ target: 'gone' }) }],
    ['Given back by its workers 7 times', { task: task({ setbacks: 7, dueAt: NOW + 1_000 }) }],
    ['https://shop.example fails', { task: task({ ...http, attempts: 3, dueAt: NOW + 1_000 }) }],
    ['A worker runs it', { task: task({ state: 'acquired', ttl: 60_000, dueAt: NOW + 50_000 }) }],
    ['Waits for another promise', { task: task({ state: 'suspended', dueAt: null }) }],
    ['Waits for an external client', {}],
    ['Sleeps', { isTimer: true }],
    [undefined, { branch: 'b' }],
    [undefined, { state: 'resolved' }],
  ] as const)('%s', (words, fields) => {
    expect(short(fields)).toBe(words);
  });
});

describe('a settled promise', () => {
  const failed = (id: string, error: string | undefined, agoMs: number): FailedPromise => ({
    ...promise(id, { state: 'rejected', settledAt: NOW - agoMs, function: `f-${id}` }),
    error,
  });
  const root = promise('a', { state: 'rejected', createdAt: NOW - 5_000, settledAt: NOW - 2_000 });

  test('that failed with the error of a call names the call in which the error occurred first', async () => {
    const answer = await whyIn({
      promises: [root],
      outcomes: {
        a: { error: 'no luck', failed: [failed('other', 'caught', 4_000), failed('b', 'no luck', 3_000)] },
        b: { error: 'no luck', failed: [failed('c', 'no luck', 3_500)] },
      },
    });
    expect(answer).toMatchObject({ cause: 'failed', error: 'no luck', promise: 'c', needsAction: false });
    expect(answer.action).toMatch(/made the function f-c fail, .* Its param has the arguments\.$/);
    expect(answer.chain.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(answer.sentence).toBe(
      'It failed at 2026-01-31 11:59:58 UTC (2 s ago), 3 s after it was created: no luck. The error came from c (f-c).',
    );
  });

  test('that failed with an error of its own names the call that failed before it, not one that failed later', async () => {
    const outcomes = { a: { error: 'no stock', failed: [failed('late', 'x', 1_000), failed('b', 'gone', 3_000)] } };
    expect((await whyIn({ promises: [root], outcomes })).sentence).toMatch(
      /: no stock\. Before that, b \(f-b\) failed: gone\.$/,
    );
    const hidden = await whyIn({ promises: [root], outcomes, prefix: 'a' });
    expect(hidden.sentence).toMatch(/: no stock\.$/);
  });

  test.each([
    ['rejected_canceled', 'canceled', 'It was canceled at'],
    ['rejected_timedout', 'timed_out', 'It timed out at'],
    ['resolved', 'resolved', 'It resolved at'],
  ] as const)('%s', async (state, cause, sentence) => {
    const answer = await whyIn({ promises: [{ ...root, state }] });
    expect(answer).toMatchObject({ cause, needsAction: false, sentence: expect.stringContaining(sentence) });
  });

  test('says which listener was not notified', async () => {
    const letter = { id: 7, awaited: 'a', ...http, attempts: 10, lastError: `no ${http.address}` };
    const deadLetters = [{ ...letter, enqueuedAt: NOW - MINUTE, diedAt: NOW - 1_000 }];
    const resolved = { ...root, state: 'resolved' as const };
    const answer = await whyIn({ promises: [resolved], outcomes: { a: { deadLetters } }, prefix: 'a' });
    expect(answer).toMatchObject({ cause: 'dead_letter', needsAction: true, since: NOW - 1_000 });
    expect(answer.command).toBe('resonate dead-letters redrive 7');
    expect(JSON.stringify(answer)).not.toContain('key=1');
    // In a replacement text `$&` would stand for the address.
    const odd = [{ ...deadLetters[0]!, target: 'https://shop$&.example' }];
    const oddly = await whyIn({ promises: [resolved], outcomes: { a: { deadLetters: odd } }, prefix: 'a' });
    expect(JSON.stringify(oddly)).not.toContain('key=1');
    const waiting = { awaited: 'a', ...task({ ...http, attempts: 4, dueAt: NOW + 9_000 }) };
    expect(await whyIn({ promises: [resolved], outcomes: { a: { listeners: [waiting] } } })).toMatchObject({
      cause: 'notification_waits',
      until: NOW + 9_000,
    });
  });
});
