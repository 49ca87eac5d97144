import { describe, expect, test } from '@jest/globals';
import { criticalPath } from '../../apps/dashboard/src/graph/model/critical-path.ts';
import { wholeOf } from '../../apps/dashboard/src/graph/model/extent.ts';
import { spansOf } from '../../apps/dashboard/src/graph/model/spans.ts';
import { panned, ticksOf, zoomed } from '../../apps/dashboard/src/graph/model/timescale.ts';
import { CallTree } from '../../apps/dashboard/src/graph/model/tree.ts';
import type { CallNode } from '../../apps/dashboard/src/graph/model/node.ts';
import { node } from './graph-nodes.ts';

function treeOf(...nodes: CallNode[]): CallTree {
  const tree = new CallTree('root');
  tree.merge(nodes);
  return tree;
}

function times(tree: CallTree, id: string, now = 9_000) {
  return spansOf(tree.get(id)!, now).map(({ kind, from, to }) => [kind, from, to]);
}

describe('how a promise spent its time', () => {
  test('it waits while remote calls are pending, and runs otherwise', () => {
    const tree = treeOf(
      node('root', { createdAt: 0, settledAt: 1_000 }),
      node('root:0', { kind: 'run', createdAt: 10, settledAt: 90 }),
      node('root:1', { kind: 'rpc', createdAt: 100, settledAt: 300 }),
      node('root:2', { kind: 'rpc', createdAt: 110, settledAt: 500 }),
      node('root:3', { kind: 'sleep', createdAt: 600, settledAt: 900 }),
    );
    expect(times(tree, 'root')).toEqual([
      ['running', 0, 100],
      ['waiting', 100, 500],
      ['running', 500, 600],
      ['waiting', 600, 900],
      ['running', 900, 1_000],
    ]);
    expect(times(tree, 'root:3')).toEqual([['waiting', 600, 900]]);
  });

  test('a call that no worker has acquired is queued until now', () => {
    const call = node('root:0', { kind: 'rpc', state: 'pending', task: { state: 'pending', version: 0 } });
    expect(times(treeOf(node('root'), call), 'root:0')).toEqual([['queued', 1_000, 9_000]]);
  });

  test('a call that ran and waits for a worker again is queued since its last known event', () => {
    const root = node('root', { state: 'pending', task: { state: 'pending', version: 2 } });
    const tree = treeOf(root, node('root:0', { kind: 'rpc', createdAt: 1_200, settledAt: 3_000 }));
    expect(times(tree, 'root')).toEqual([
      ['running', 1_000, 1_200],
      ['waiting', 1_200, 3_000],
      ['queued', 3_000, 9_000],
    ]);
  });

  test('thousands of short waits are drawn as a few parts that cover the whole time', () => {
    const calls = Array.from({ length: 2_000 }, (_, n) =>
      node(`root:${n}`, { kind: 'rpc', createdAt: n * 10, settledAt: n * 10 + 5 }),
    );
    const spans = spansOf(treeOf(node('root', { createdAt: 0, settledAt: 20_000 }), ...calls).root, 20_000);
    expect(spans.length).toBeLessThan(70);
    expect(spans[0]!.from).toBe(0);
    expect(spans.at(-1)!.to).toBe(20_000);
    for (let n = 1; n < spans.length; n++) expect(spans[n]!.from).toBe(spans[n - 1]!.to);
  });
});

test('the critical path leads from the end backwards through the calls that ended last', () => {
  const tree = treeOf(
    node('root', { createdAt: 0, settledAt: 1_000 }),
    node('first', { createdAt: 0, settledAt: 300 }),
    node('short', { createdAt: 310, settledAt: 400 }),
    node('long', { createdAt: 310, settledAt: 900 }),
    node('long:0', { parent: 'long', createdAt: 320, settledAt: 880 }),
    node('detached', { createdAt: 500, settledAt: 5_000 }),
  );
  expect([...criticalPath(tree.root, 9_000)].toSorted()).toEqual(['first', 'long', 'long:0', 'root']);
});

describe('the time axis', () => {
  test('reaches to the last end, and to now while a call is pending', () => {
    const root = node('root', { createdAt: 1_000, settledAt: 1_500 });
    expect(wholeOf(treeOf(root, node('root:0', { createdAt: 900, settledAt: 1_900 })), 9_000)).toEqual({
      from: 900,
      to: 1_930,
    });
    expect(wholeOf(treeOf(root, node('root:0', { state: 'pending', createdAt: 1_100 })), 2_000)).toEqual({
      from: 1_000,
      to: 2_030,
    });
  });

  test('ticks are round, few, and count from the start of the workflow', () => {
    const ticks = ticksOf({ from: 1_000, to: 3_600 }, 1_000, 6);
    expect(ticks.map(({ label }) => label)).toEqual(['0', '500 ms', '1 s', '1.5 s', '2 s', '2.5 s']);
    expect(ticksOf({ from: 0, to: 7 * 3_600_000 }, 0, 5).map(({ label }) => label)).toEqual(['0', '2h', '4h', '6h']);
    for (const length of [7, 333, 12_345, 9_999_999, 4e9, 4e13]) {
      expect(ticksOf({ from: 5, to: 5 + length }, 5, 8).length).toBeLessThanOrEqual(9);
    }
  });

  test('zooming keeps the time under the pointer, panning stays within the workflow', () => {
    const whole = { from: 0, to: 1_000 };
    const close = zoomed(whole, whole, 0.5, 0.2);
    expect(close).toEqual({ from: 100, to: 600 });
    expect(panned(close, whole, 10)).toEqual({ from: 500, to: 1_000 });
    expect(zoomed(close, whole, 100)).toEqual(whole);
    expect(zoomed(whole, whole, 0).to).toBeGreaterThan(0);
  });
});
