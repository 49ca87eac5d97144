import { describe, expect, test } from '@jest/globals';
import {
  reasonToKeep,
  shortestPeriod,
  type CallGraph,
  type RetainedPromise,
  type RetentionRules,
} from './retention.ts';

const NOW = 1_000_000;
const RULES: RetentionRules = { afterMs: 1_000, afterByState: {}, afterByTag: [] };

function settled(id: string, settledAt: number, rest: Partial<RetainedPromise> = {}): RetainedPromise {
  return { id, state: 'resolved', settledAt, tags: {}, ...rest };
}

function graphOf(promises: RetainedPromise[], rest: Partial<CallGraph> = {}): CallGraph {
  return { promises, rootTags: {}, tasks: [], undelivered: [], deadLetters: [], around: [], ...rest };
}

const why = (graph: CallGraph, rules = RULES) => reasonToKeep(graph, rules, NOW);
const old = settled('a', 0);

describe('a call graph', () => {
  test('may be deleted from the millisecond at which all its promises have been settled for the period', () => {
    expect(why(graphOf([old, settled('b', NOW - 1_000)]))).toBeNull();
    expect(why(graphOf([old, settled('b', NOW - 999)]))).toBe('recent');
  });

  test('stays while one of its promises is pending, expired or not', () => {
    expect(why(graphOf([old, { id: 'b', state: 'pending', settledAt: null, tags: {} }]))).toBe('pending');
  });

  test('stays while one of its tasks is not fulfilled', () => {
    expect(why(graphOf([old], { tasks: [{ id: 'a', state: 'halted' }] }))).toBe('pending');
    expect(why(graphOf([old], { tasks: [{ id: 'a', state: 'fulfilled' }] }))).toBeNull();
  });

  test('stays while a pending promise anywhere waits for it', () => {
    expect(why(graphOf([old], { around: [{ id: 'x', state: 'pending' }] }))).toBe('awaited');
    expect(why(graphOf([old], { around: [{ id: 'x', state: 'rejected' }] }))).toBeNull();
  });

  test('stays while it has an undelivered unblock or a dead letter', () => {
    expect(why(graphOf([old], { undelivered: ['a'] }))).toBe('undelivered');
    expect(why(graphOf([old], { deadLetters: ['a'] }))).toBe('dead_letter');
  });
});

describe('the period', () => {
  test('is that of the state, if the state has one', () => {
    const rules = { ...RULES, afterByState: { rejected: 5_000 } };
    expect(why(graphOf([settled('a', NOW - 2_000)]), rules)).toBeNull();
    expect(why(graphOf([settled('a', NOW - 2_000, { state: 'rejected' })]), rules)).toBe('recent');
    expect(why(graphOf([settled('a', NOW - 5_000, { state: 'rejected' })]), rules)).toBeNull();
  });

  test('is unlimited if no option sets it', () => {
    const rules = { ...RULES, afterMs: null, afterByState: { resolved: 1_000 } };
    expect(why(graphOf([old]), rules)).toBeNull();
    expect(why(graphOf([old, settled('b', 0, { state: 'rejected' })]), rules)).toBe('forever');
  });

  test('is that of the first tag rule that matches, whatever the state', () => {
    const rules: RetentionRules = {
      ...RULES,
      afterByState: { resolved: 10 },
      afterByTag: [
        { name: 'team', pattern: 'billing-*', afterMs: null },
        { name: 'team', pattern: '*', afterMs: 5_000 },
      ],
    };
    expect(why(graphOf([settled('a', 0, { tags: { team: 'billing-eu' } })]), rules)).toBe('forever');
    expect(why(graphOf([settled('a', NOW - 4_000, { tags: { team: 'ops' } })]), rules)).toBe('recent');
    expect(why(graphOf([settled('a', NOW - 4_000, { tags: { other: 'billing-eu' } })]), rules)).toBeNull();
  });

  test('of a promise without a matching tag is that of its root', () => {
    const rules = { ...RULES, afterMs: null, afterByTag: [{ name: 'temporary', pattern: 'true', afterMs: 10 }] };
    expect(why(graphOf([old]), rules)).toBe('forever');
    expect(why(graphOf([old], { rootTags: { temporary: 'true' } }), rules)).toBeNull();
  });

  test.each([
    ['a*c', 'abc', true],
    ['a*c', 'ac', true],
    ['a*a', 'a', false],
    ['*b*', 'abc', true],
    ['*ab*ab*', 'abab', true],
    ['*ab*ab*', 'aba', false],
    ['a.c', 'abc', false],
    ['', '', true],
    ['*', '', true],
    ['__proto__', '__proto__', true],
  ])('of a tag rule: the pattern %j matches %j: %s', (pattern, value, isFit) => {
    const rules = { ...RULES, afterByTag: [{ name: 't', pattern, afterMs: null }] };
    expect(why(graphOf([settled('a', 0, { tags: { t: value } })]), rules)).toBe(isFit ? 'forever' : null);
  });

  test('that is the shortest of all is found; null if nothing is ever deleted', () => {
    expect(shortestPeriod(RULES)).toBe(1_000);
    expect(shortestPeriod({ ...RULES, afterByState: { rejected: 10 } })).toBe(10);
    const never = { name: 't', pattern: '*', afterMs: null };
    expect(shortestPeriod({ afterMs: null, afterByState: {}, afterByTag: [never] })).toBeNull();
  });
});
