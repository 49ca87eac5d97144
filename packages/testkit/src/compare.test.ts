import { describe, expect, test } from '@jest/globals';
import { compareReplies } from './compare.ts';

const ok = (data: unknown) => ({ status: 200, data });

describe('comparing answers', () => {
  test('looks only at the status of an error', () => {
    expect(compareReplies('promise.get', { status: 404, data: 'x' }, { status: 404, data: 'y' })).toEqual([]);
    expect(compareReplies('promise.get', { status: 404, data: 'x' }, { status: 409, data: 'x' })).toEqual([
      { path: 'status', expected: 404, got: 409 },
    ]);
  });

  test('treats null as absent in settledAt, lastRunAt and cursor, and nowhere else', () => {
    expect(
      compareReplies('promise.get', ok({ promise: { id: 'a', settledAt: null } }), ok({ promise: { id: 'a' } })),
    ).toEqual([]);
    expect(compareReplies('task.get', ok({ task: { id: 'a', pid: null } }), ok({ task: { id: 'a' } }))).toEqual([
      { path: 'data.task.pid', expected: null, got: undefined },
    ]);
  });

  test('ignores the order of preloads and of the lists in a snap, but not that of searches', () => {
    const [a, b] = [{ id: 'a' }, { id: 'b' }];
    expect(compareReplies('task.acquire', ok({ preload: [a, b] }), ok({ preload: [b, a] }))).toEqual([]);
    expect(compareReplies('debug.snap', ok({ tasks: [a, b] }), ok({ tasks: [b, a] }))).toEqual([]);
    expect(compareReplies('task.search', ok({ tasks: [a, b] }), ok({ tasks: [b, a] }))).not.toEqual([]);
  });

  test('finds a missing or an additional list entry, and names the entry that differs', () => {
    const [a, b] = [
      { id: 'a', version: 1 },
      { id: 'b', version: 1 },
    ];
    expect(compareReplies('debug.snap', ok({ tasks: [a, b] }), ok({ tasks: [b] }))).toEqual([
      { path: 'data.tasks[a]', expected: a, got: undefined },
    ]);
    expect(compareReplies('task.acquire', ok({ preload: [] }), ok({ preload: [b] }))).toEqual([
      { path: 'data.preload[b]', expected: undefined, got: b },
    ]);
    expect(compareReplies('task.search', ok({ tasks: [a, b] }), ok({ tasks: [a, { ...b, version: 2 }] }))).toEqual([
      { path: 'data.tasks[b].version', expected: 1, got: 2 },
    ]);
    const [x, y] = [
      { id: 'a', address: 'x' },
      { id: 'a', address: 'y' },
    ];
    expect(compareReplies('debug.snap', ok({ listeners: [x, y] }), ok({ listeners: [x] }))).toHaveLength(1);
    expect(compareReplies('debug.snap', ok({ listeners: [x, x] }), ok({ listeners: [x] }))).toHaveLength(1);
  });

  test('ignores the messages of a snap and the inner corrId of a fence', () => {
    expect(compareReplies('debug.snap', ok({ messages: [1] }), ok({ messages: [] }))).toEqual([]);
    const fence = (corrId: string, status: number, data: unknown) => ok({ action: { head: { corrId, status }, data } });
    expect(compareReplies('task.fence', fence('1', 200, {}), fence('2', 200, {}))).toEqual([]);
    expect(compareReplies('task.fence', fence('1', 404, 'x'), fence('2', 404, 'y'))).toEqual([]);
    expect(compareReplies('task.fence', fence('1', 200, { promise: 1 }), fence('1', 200, { promise: 2 }))).toHaveLength(
      1,
    );
  });
});
