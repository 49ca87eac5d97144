import { describe, expect, test } from '@jest/globals';
import { TAG } from '@resonate/protocol';
import { MoreNeeded } from './more-needed.ts';
import { Needs } from './needs.ts';
import type { CallbackRow, PromiseRow } from './rows.ts';
import { emptyLoaded, WorkingSet } from './working-set.ts';

const NOTHING = emptyLoaded();

function promise(id: string, branch?: string): PromiseRow {
  const tags = branch === undefined ? {} : { [TAG.branch]: branch };
  return { id, state: 'pending', param: {}, value: {}, tags, timeoutAt: 100, createdAt: 0, settledAt: null };
}

function callback(awaited: string, awaiter: string, ready = false): CallbackRow {
  return { awaited, awaiter, ready };
}

describe('callbacks', () => {
  const needs = new Needs();
  needs.settlement('p');
  needs.resumable('w');
  needs.callback('p', 'new');
  const loaded = { ...NOTHING, callbacks: [callback('p', 'w'), callback('q', 'w', true)] };

  test('are found by awaited and by awaiter, also those that the batch added, until they are removed or undone', () => {
    const ws = new WorkingSet(needs, loaded);
    const mark = ws.mark();
    ws.putCallback(callback('p', 'new'));
    ws.removeCallback(callback('p', 'w'));
    expect(ws.callbacksOn('p')).toEqual([callback('p', 'new')]);
    expect(ws.callbacksOf('w')).toEqual([callback('q', 'w', true)]);
    ws.rewind(mark);
    expect(ws.callbacksOn('p')).toEqual([callback('p', 'w')]);
    expect(ws.callbacksOf('w')).toEqual([callback('p', 'w'), callback('q', 'w', true)]);
  });

  test('can be read only for promises whose callbacks were all loaded', () => {
    const ws = new WorkingSet(needs, loaded);
    expect(() => ws.callbacksOn('q')).toThrow('"q" is not in Needs.settlements');
    expect(() => ws.listenersOn('q')).toThrow('"q" is not in Needs.settlements');
    expect(() => ws.callbacksOf('v')).toThrow('"v" is not in Needs.resumed');
  });
});

describe('a branch', () => {
  function workingSet(): WorkingSet {
    const needs = new Needs();
    needs.preload('a');
    needs.promise('new');
    const rows = [promise('a', 'one'), promise('b', 'one')];
    return new WorkingSet(needs, { ...NOTHING, promises: rows.slice(0, 1), branches: rows });
  }

  function ids(ws: WorkingSet, of: PromiseRow): string[] {
    return ws.branchOf(of).map(({ id }) => id);
  }

  test('has every other promise in its current state, also a new one', () => {
    const ws = workingSet();
    expect(ids(ws, promise('a', 'one'))).toEqual(['b']);
    ws.insertPromise(promise('new', 'one'));
    ws.promises.put({ ...promise('a', 'one'), state: 'resolved' });
    expect(ids(ws, promise('a', 'one'))).toEqual(['b', 'new']);
    expect(ws.branchOf(promise('new', 'one'))).toMatchObject([{ id: 'a', state: 'resolved' }, { id: 'b' }]);
  });

  test('loses a new promise whose creation is undone, also if it is created again in another branch', () => {
    const ws = workingSet();
    const mark = ws.mark();
    ws.insertPromise(promise('new', 'one'));
    ws.rewind(mark);
    expect(ids(ws, promise('a', 'one'))).toEqual(['b']);
    ws.insertPromise(promise('new', 'two'));
    expect(ids(ws, promise('a', 'one'))).toEqual(['b']);
  });

  test('is empty for a promise without a branch; if it was not loaded, more rows are requested', () => {
    const ws = workingSet();
    expect(ws.branchOf(promise('x'))).toEqual([]);
    expect(() => ws.branchOf(promise('new', 'two'))).toThrow(MoreNeeded);
  });

  test('that was requested is loaded when the batch runs again', () => {
    const needs = new Needs();
    new MoreNeeded({ settlements: ['p'], branches: ['two'] }).announce(needs);
    expect([...needs.branches]).toEqual(['two']);
    expect([...needs.settlements, ...needs.promises, ...needs.tasks]).toEqual(['p', 'p', 'p']);
    expect(new WorkingSet(needs, NOTHING).branchOf(promise('new', 'two'))).toEqual([]);
  });
});

test('a working set returns its changes by table, and none after it was rewound to its start', () => {
  const needs = new Needs();
  needs.settlement('p');
  const ws = new WorkingSet(needs, { ...NOTHING, promises: [promise('p')] });
  const mark = ws.mark();
  ws.promises.put({ ...promise('p'), state: 'resolved' });
  expect(ws.changes().promises.updates).toEqual([{ ...promise('p'), state: 'resolved' }]);
  expect(ws.changes().tasks).toEqual({ inserts: [], updates: [], deletes: [] });
  ws.rewind(mark);
  expect(ws.changes().promises.updates).toEqual([]);
});
