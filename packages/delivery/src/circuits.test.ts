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
  test('opens after so many failures in a row, not with a success between them', () => {
    fail(2);
    circuits.succeeded('a');
    fail(2);
    expect(circuits.advise('a', 0, 0)).toBe('deliver');
    fail(1);
    expect(circuits.advise('a', 0, 0)).toBe('defer');
    expect([circuits.open, circuits.advise('b', 0, 0)]).toEqual([1, 'deliver']);
  });

  test('lets one message through after a wait, and no other meanwhile', () => {
    open();
    expect(circuits.advise('a', 10, 49)).toBe('defer');
    expect(circuits.advise('a', 10, 100)).toBe('probe');
    circuits.probing('a');
    expect(circuits.advise('a', 10, 100)).toBe('leave');
  });

  test('waits for longer each time that the probe fails, up to a bound', () => {
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

  test('leaves a target alone for as long as it asks, up to a bound', () => {
    circuits.failed('a', false, 0, { askedMs: 500 });
    fail(2);
    expect(circuits.advise('a', 10, 499)).toBe('defer');
    expect(circuits.takeProbes(499)).toEqual([]);
    expect(circuits.advise('a', 10, 500)).toBe('probe');
    circuits.probing('a');
    circuits.failed('a', true, 500, { askedMs: 1e12 });
    expect(circuits.advise('a', 510, 1_499)).toBe('defer');
    expect(circuits.advise('a', 510, 1_500)).toBe('probe');
  });

  test('stays as it is when what was under way before fails as well', () => {
    open();
    fail(20, 40);
    expect(circuits.advise('a', 10, 100)).toBe('probe');
  });

  test('closes with a success, and opens anew only after as many failures', () => {
    open();
    expect(circuits.succeeded('a')).toBe(true);
    expect(circuits.succeeded('a')).toBe(false);
    fail(2);
    expect([circuits.open, circuits.advise('a', 0, 0)]).toEqual([0, 'deliver']);
  });

  test('may try at once what another process has brought back', () => {
    fail(3, 50);
    expect(circuits.advise('a', 40, 60)).toBe('defer');
    circuits.deferred('a');
    expect(circuits.advise('a', 55, 60)).toBe('defer');
    expect(circuits.advise('a', 40, 60)).toBe('probe');
  });

  test('may try again when its probe was not tried after all', () => {
    open();
    circuits.probing('a');
    circuits.notTried('a');
    expect(circuits.advise('a', 10, 100)).toBe('probe');
  });
});

describe('what to try with', () => {
  test('is asked for when the wait is over, and again when nothing came of it', () => {
    open();
    const first = circuits.nextProbeAt!;
    expect(circuits.takeProbes(first - 1)).toEqual([]);
    expect(circuits.takeProbes(first)).toEqual(['a']);
    expect(circuits.takeProbes(first)).toEqual([]);
    const second = circuits.nextProbeAt!;
    expect(second).toBeGreaterThan(first);
    expect(circuits.takeProbes(second)).toEqual(['a']);
  });

  test('is not asked for while a probe is under way, or with all circuits closed', () => {
    open();
    circuits.probing('a');
    expect([circuits.takeProbes(1_000), circuits.nextProbeAt]).toEqual([[], null]);
    circuits.succeeded('a');
    expect([circuits.takeProbes(1_000), circuits.nextProbeAt]).toEqual([[], null]);
  });
});

test('targets are forgotten when there are too many, with their circuits', () => {
  open();
  for (let other = 0; other < 10_000; other++) fail(1, 0, `other ${other}`);
  expect([circuits.open, circuits.advise('a', 0, 0)]).toEqual([0, 'deliver']);
});
