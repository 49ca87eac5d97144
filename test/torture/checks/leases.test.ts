import { describe, expect, test } from '@jest/globals';
import { checkLeases, type LeaseEvent } from './leases.ts';

const TTL_MS = 1_000;

function event(kind: LeaseEvent['kind'], version: number, sentAt: number, more: Partial<LeaseEvent> = {}): LeaseEvent {
  return { kind, id: 'a', version, holder: 'h', sentAt, answeredAt: sentAt + 10, status: 200, ...more };
}

function granted(version: number, sentAt: number): LeaseEvent {
  return event('acquire', version - 1, sentAt, { granted: { version, ttlMs: TTL_MS } });
}

const REFUSED = { status: 409 };

describe('leases one after the other', () => {
  test.each<[string, LeaseEvent[]]>([
    [
      'the first was fulfilled late and refused',
      [granted(1, 0), granted(2, 1_100), event('fulfill', 1, 1_200, REFUSED)],
    ],
    ['the first was released', [granted(1, 0), event('release', 1, 100), granted(2, 120)]],
    [
      'the first was perhaps released',
      [granted(1, 0), { ...event('release', 1, 100), status: undefined! }, granted(2, 120)],
    ],
    ['the first was renewed and expired', [granted(1, 0), event('heartbeat', 1, 900), granted(2, 2_000)]],
    ['a heartbeat came too late', [granted(1, 0), event('heartbeat', 1, 995), granted(2, 1_050)]],
    [
      'the request of the old holder was in flight when the new one got its lease',
      [granted(1, 0), event('fulfill', 1, 1_005), granted(2, 1_000)],
    ],
  ])('are correct if %s', (_, events) => {
    expect(checkLeases(events)).toEqual([]);
  });
});

describe('leases that overlap', () => {
  test.each<[string, string, LeaseEvent[]]>([
    ['granted twice', 'the same version', [granted(1, 0), granted(1, 2_000)]],
    ['do not rise', 'an older version later', [granted(2, 0), granted(1, 2_000)]],
    ['another lease was valid', 'a version before the previous lease has expired', [granted(1, 0), granted(2, 500)]],
    [
      'another lease was valid',
      'a version although the previous lease was renewed',
      [granted(1, 0), event('heartbeat', 1, 800), granted(2, 1_100)],
    ],
    [
      'another lease was valid',
      'a version although the release of the previous lease was refused',
      [granted(1, 0), event('release', 1, 100, REFUSED), granted(2, 200)],
    ],
    [
      'another lease was valid',
      'a version although the suspend of the previous holder got a 300',
      [granted(1, 0), event('suspend', 1, 100, { status: 300 }), granted(2, 200)],
    ],
    ['an old version was still good', 'two holders', [granted(1, 0), granted(2, 1_100), event('fulfill', 1, 1_200)]],
    [
      'fulfilled twice',
      'two accepted fulfills',
      [granted(1, 0), event('fulfill', 1, 10), granted(2, 50), event('fulfill', 2, 60)],
    ],
  ])('are found: %s, %s', (what, _, events) => {
    expect(checkLeases(events).join('\n')).toContain(what);
  });
});
