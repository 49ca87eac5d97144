import { expect, test } from '@jest/globals';
import { Folding } from '../../apps/dashboard/src/graph/model/folding.ts';
import { layoutOf } from '../../apps/dashboard/src/graph/model/layout.ts';
import { CallTree } from '../../apps/dashboard/src/graph/model/tree.ts';
import { fanOut, node } from './graph-nodes.ts';

function layout(tree: CallTree, pinned: string[] = []) {
  const folding = new Folding();
  folding.decide(tree.root);
  return layoutOf(tree.root, folding, new Set(pinned));
}

test('a parent is centred on its children, one column to their left', () => {
  const tree = new CallTree('root');
  tree.merge([...fanOut(3), node('root:1.0', { parent: 'root:1' }), node('root:1.1', { parent: 'root:1' })]);
  const { boxes, columns, lines } = layout(tree);
  const at = Object.fromEntries(boxes.map(({ key, column, line }) => [key, [column, line]]));
  expect(at).toEqual({
    root: [0, 1.5],
    'root:0': [1, 0],
    'root:1': [1, 1.5],
    'root:1.0': [2, 1],
    'root:1.1': [2, 2],
    'root:2': [1, 3],
  });
  expect([columns, lines]).toEqual([3, 4]);
});

test('a fan-out of 1,000 is one stack that counts its states', () => {
  const tree = new CallTree('root');
  tree.merge(fanOut(1_000));
  tree.merge([node('root:7', { kind: 'rpc', func: 'pack', createdAt: 1_007, state: 'pending' })]);
  tree.merge([node('late', { kind: 'run', func: 'ship', createdAt: 5_000 })]);
  const { boxes } = layout(tree);
  expect(boxes.map(({ key, stack }) => stack?.members.length ?? key)).toEqual(['root', 1_000, 'late']);
  expect(boxes[1]!.stack).toMatchObject({ title: 'pack', counts: { pending: 1, resolved: 999 } });
});

test('a pinned promise has a box next to its stack', () => {
  const tree = new CallTree('root');
  tree.merge(fanOut(100));
  const { boxes } = layout(tree, ['root:50']);
  expect(boxes.map(({ key, stack }) => stack?.members.length ?? key)).toEqual(['root', 99, 'root:50']);
});

test('calls of many different functions are one stack', () => {
  const tree = new CallTree('root');
  tree.merge(fanOut(40).map((item, n) => ({ ...item, func: `step${n}` })));
  expect(layout(tree).boxes.map(({ stack }) => stack?.title)).toEqual([undefined, 'calls']);
});

test('two boxes of a column are at least one line apart', () => {
  const tree = new CallTree('root');
  tree.merge(fanOut(10));
  for (let n = 0; n < 10; n++)
    tree.merge(
      fanOut(n % 4)
        .slice(1)
        .map((c) => ({ ...c, id: `${n}/${c.id}`, parent: `root:${n}` })),
    );
  const columns = Map.groupBy(layout(tree).boxes, ({ column }) => column);
  for (const boxes of columns.values()) {
    const at = boxes.map(({ line }) => line).toSorted((a, b) => a - b);
    for (let n = 1; n < at.length; n++) expect(at[n]! - at[n - 1]!).toBeGreaterThanOrEqual(1);
  }
});
