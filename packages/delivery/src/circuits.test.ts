import { beforeEach, describe, expect, test } from '@jest/globals';
import { Circuits } from './circuits.ts';

const OPTIONS = { failures: 3, minMs: 100, maxMs: 1_000 };

let circuits: Circuits;
beforeEach(() => {
  circuits = new Circuits(OPTIONS);
});

function fail(times: number, now = 0, target = 'a'): void {
  for (let time = 0; time < times; time++) circuits.failed(target, false, now);
}

/** Opens the circuit at `now`, with all messages deferred. */
function open(now = 0): void {
  fail(3, now);
  circuits.deferred('a');
}

describe('a circuit', () => {
  test('opens after the configured number of failures in a row; a success in between resets the count', () => {
    fail(2);
    circuits.succeeded('a');
    fail(2);
    expect(circuits.advise('a', 0, 0)).toBe('deliver');
    fail(1);
    expect(circuits.advise('a', 0, 0)).toBe('defer');
    expect([circuits.open, circuits.advise('b', 0, 0)]).toEqual([1, 'deliver']);
  });

  test('lets one message through after a wait, and no other until its delivery has ended', () => {
    open();
    expect(circuits.advise('a', 10, 49)).toBe('defer');
    expect(circuits.advise('a', 10, 100)).toBe('probe');
    circuits.probing('a');
    expect(circuits.advise('a', 10, 100)).toBe('leave');
  });

  test('that closed during a probe stays closed if the probe fails; further failures open it again', () => {
    open();
    circuits.probing('a');
    circuits.succeeded('a');
    expect(circuits.failed('a', true, 100)).toBe(false);
    expect([circuits.open, circuits.advise('a', 0, 100)]).toEqual([0, 'deliver']);
    fail(2, 100);
    circuits.deferred('a');
    expect(circuits.open).toBe(1);
    expect(circuits.nextProbeAt).not.toBeNull();
  });

  test('waits longer after each failed probe, up to a limit', () => {
    open();
    let now = 0;
    const waits: number[] = [];
    for (let probe = 0; probe < 6; probe++) {
      const from = now;
      while (circuits.advise('a', now, now) !== 'probe') now++;
      waits.push(now - from);
      circuits.probing('a');
      circuits.failed('a', true, now);
      circuits.deferred('a');
    }
    [100, 200, 400, 800, 1_000, 1_000].forEach((most, index) => {
      expect(waits[index]).toBeGreaterThanOrEqual(most / 2);
      expect(waits[index]).toBeLessThanOrEqual(most);
    });
  });

  test('sends nothing for as long as the target asks, up to a limit', () => {
    circuits.failed('a', false, 0, { askedMs: 500 });
    fail(2);
    expect(circuits.advise('a', 10, 499)).toBe('defer');
    expect(circuits.dueProbes(499)).toEqual([]);
    expect(circuits.advise('a', 10, 500)).toBe('probe');
    circuits.probing('a');
    circuits.failed('a', true, 500, { askedMs: 1e12 });
    expect(circuits.advise('a', 510, 1_499)).toBe('defer');
    expect(circuits.advise('a', 510, 1_500)).toBe('probe');
  });

  test('does not change when messages that were sent before it opened fail', () => {
    open();
    fail(20, 40);
    expect(circuits.advise('a', 10, 100)).toBe('probe');
  });

  test('closes after a success, and opens again only after the same number of failures', () => {
    open();
    expect(circuits.succeeded('a')).toBe(true);
    expect(circuits.succeeded('a')).toBe(false);
    fail(2);
    expect([circuits.open, circuits.advise('a', 0, 0)]).toEqual([0, 'deliver']);
  });

  test('probes at once when another process has resumed the messages', () => {
    fail(3, 50);
    expect(circuits.advise('a', 40, 60)).toBe('defer');
    circuits.deferred('a');
    expect(circuits.advise('a', 55, 60)).toBe('defer');
    expect(circuits.advise('a', 40, 60)).toBe('probe');
  });

  test('may probe again if the probe was not attempted', () => {
    open();
    circuits.probing('a');
    circuits.notTried('a');
    expect(circuits.advise('a', 10, 100)).toBe('probe');
  });
});

describe('a request for a probe', () => {
  test('is made when the wait is over, and again if no probe followed', () => {
    open();
    const first = circuits.nextProbeAt!;
    expect(circuits.dueProbes(first - 1)).toEqual([]);
    expect(circuits.dueProbes(first)).toEqual(['a']);
    // It stays due until a message was resumed, because resuming may fail.
    expect(circuits.dueProbes(first)).toEqual(['a']);
    circuits.probeResumed('a', first);
    expect(circuits.dueProbes(first)).toEqual([]);
    const second = circuits.nextProbeAt!;
    expect(second).toBeGreaterThan(first);
    expect(circuits.dueProbes(second)).toEqual(['a']);
  });

  test('is not made while a probe is running, or while all circuits are closed', () => {
    open();
    circuits.probing('a');
    expect([circuits.dueProbes(1_000), circuits.nextProbeAt]).toEqual([[], null]);
    circuits.succeeded('a');
    expect([circuits.dueProbes(1_000), circuits.nextProbeAt]).toEqual([[], null]);
  });
});

test('if there are too many targets, those whose last failure is the oldest are forgotten', () => {
  open();
  for (let other = 0; other < 9_999; other++) fail(1, 0, `other ${other}`);
  fail(1);
  fail(1, 0, 'one more');
  expect([circuits.open, circuits.advise('a', 0, 0)]).toEqual([1, 'defer']);
  expect(circuits.failing(2)).toMatchObject([{ target: 'one more' }, { target: 'a' }]);
  for (let other = 0; other < 10_000; other++) fail(1, 0, `other ${other}`);
  expect([circuits.open, circuits.advise('a', 0, 0)]).toEqual([0, 'deliver']);
});

test('lists targets by the time of their last failure, latest first, whenever they began to fail', () => {
  for (const target of ['a', 'b', 'a']) fail(1, 0, target);
  expect(circuits.failing(10).map(({ target }) => target)).toEqual(['a', 'b']);
});

test('lists the failing targets with their last error, until a delivery succeeds', () => {
  circuits.failed('a', false, 0, { error: 'refused', promise: 'p1' });
  circuits.failed('a', false, 0, { error: `late${'!'.repeat(1_000)}`, promise: 'p2' });
  fail(3, 0, 'b');
  expect(circuits.failing(10)).toMatchObject([
    { target: 'b', failures: 3, retryAt: expect.any(Number) },
    {
      target: 'a',
      failures: 2,
      retryAt: null,
      last: { promise: 'p2', error: expect.stringMatching(/^late!{196}$/) },
    },
  ]);
  expect(circuits.failing(1)).toHaveLength(1);
  circuits.succeeded('a');
  expect(circuits.failing(10).map(({ target }) => target)).toEqual(['b']);
});
