import { describe, expect, test } from '@jest/globals';
import { Folding } from '../../apps/dashboard/src/graph/model/folding.ts';
import { rowsOf, windowOf } from '../../apps/dashboard/src/graph/model/rows.ts';
import { CallTree, totalOf } from '../../apps/dashboard/src/graph/model/tree.ts';
import { fanOut, node } from './graph-nodes.ts';

function lines(tree: CallTree, folding = openFolding(tree)): string[] {
  return rowsOf(tree.root, folding).map(({ branch, depth }) => '  '.repeat(depth) + branch.node.id);
}

function openFolding(tree: CallTree): Folding {
  const folding = new Folding(Number.MAX_SAFE_INTEGER);
  folding.decide(tree.root);
  return folding;
}

describe('the tree of a call graph', () => {
  test('children are below their parent in the order of creation, then of their numbers', () => {
    const tree = new CallTree('root');
    tree.merge([node('root'), node('root:10'), node('root:2'), node('root:0', { createdAt: 3_000 })]);
    tree.merge([node('root:2.1', { parent: 'root:2' })]);
    expect(lines(tree)).toEqual(['root', '  root:2', '    root:2.1', '  root:10', '  root:0']);
  });

  test('a child that arrives before its parent moves below the parent later', () => {
    const tree = new CallTree('root');
    tree.merge([node('root'), node('root:1.1', { parent: 'root:1', state: 'pending' })]);
    expect(lines(tree)).toEqual(['root', '  root:1.1']);
    tree.merge([node('root:1')]);
    expect(lines(tree)).toEqual(['root', '  root:1', '    root:1.1']);
    expect(tree.root.counts).toMatchObject({ pending: 1, resolved: 2 });
    expect(tree.get('root:1')!.counts).toMatchObject({ pending: 1, resolved: 1 });
  });

  test('promises whose parents form a cycle are below the root, each one once', () => {
    const tree = new CallTree('root');
    tree.merge([node('root'), node('a', { parent: 'b' }), node('b', { parent: 'c' }), node('c', { parent: 'a' })]);
    expect(
      lines(tree)
        .map((line) => line.trim())
        .toSorted(),
    ).toEqual(['a', 'b', 'c', 'root']);
    tree.merge([node('self', { parent: 'self' })]);
    expect(tree.get('self')!.parent).toBe(tree.root);
  });

  test('a root that is not stored still has its calls, and is not counted', () => {
    const tree = new CallTree('root');
    tree.merge([node('root:1')]);
    expect(lines(tree)).toEqual(['root', '  root:1']);
    expect(tree.size).toBe(1);
    expect(totalOf(tree.root.counts)).toBe(1);
  });

  test('an update changes only the counts of its ancestors, and an update with the same data changes nothing', () => {
    const tree = new CallTree('root');
    tree.merge(fanOut(3, { state: 'pending' }));
    const before = tree.root.children.map((child) => child.node);
    expect(tree.merge([node('root:1', { kind: 'rpc', func: 'pack', createdAt: 1_001, state: 'rejected' })])).toBe(1);
    expect(tree.root.counts).toMatchObject({ pending: 3, rejected: 1 });
    expect(tree.root.children[0]!.node).toBe(before[0]);
    const revision = tree.revision;
    expect(tree.merge(tree.root.children.map((child) => ({ ...child.node })))).toBe(0);
    expect(tree.revision).toBe(revision);
  });

  test('random graphs give the same tree and counts if their nodes arrive one by one, in any order', () => {
    const seed = Number(process.env['GRAPH_SEED'] ?? Date.now() % 1_000_000);
    console.log(`replay: GRAPH_SEED=${seed} npm test -- test/dashboard/graph-tree.test.ts`);
    const random = generator(seed);
    for (let run = 0; run < 50; run++) {
      const all = randomGraph(random);
      const whole = new CallTree('root');
      whole.merge(all);
      const pieces = new CallTree('root');
      const mixed = all.map((item) => ({ item, at: random() })).toSorted((a, b) => a.at - b.at);
      for (const { item } of mixed) pieces.merge([{ ...item, state: 'pending' }]);
      for (const { item } of mixed) pieces.merge([item]);
      expect(lines(pieces)).toEqual(lines(whole));
      expect(countsOf(pieces)).toEqual(countsOf(whole));
    }
  });
});

function randomGraph(random: () => number) {
  const states = ['pending', 'resolved', 'rejected'] as const;
  const all = [node('root')];
  for (let n = 0; n < 60; n++) {
    const parent = all[Math.floor(random() * all.length)]!.id;
    const state = states[Math.floor(random() * states.length)]!;
    all.push(node(`p${n}`, { parent, state, createdAt: Math.floor(random() * 20) }));
  }
  return all;
}

function countsOf(tree: CallTree) {
  return [...tree.branches()]
    .map(({ node: { id }, counts }) => ({ id, counts }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('folding', () => {
  test('a small graph is open, and a large one is folded where it no longer fits', () => {
    const small = new CallTree('root');
    small.merge([node('root'), node('root:1'), node('root:1.1', { parent: 'root:1' })]);
    const folding = new Folding(10);
    folding.decide(small.root);
    expect(lines(small, folding)).toHaveLength(3);

    const large = new CallTree('root');
    large.merge([...fanOut(20), ...Array.from({ length: 20 }, (_, n) => node(`root:${n}.0`, { parent: `root:${n}` }))]);
    const tight = new Folding(23);
    tight.decide(large.root);
    expect(lines(large, tight)).toHaveLength(1 + 20 + 2);
  });

  test('open branches stay open when the graph grows, and branches that the user has folded stay folded', () => {
    const tree = new CallTree('root');
    tree.merge(fanOut(5));
    tree.merge([node('root:1.0', { parent: 'root:1' })]);
    const folding = new Folding(7);
    folding.decide(tree.root);
    folding.set('root:1', false);
    tree.merge(fanOut(500));
    tree.merge([node('root:2.0', { parent: 'root:2' })]);
    folding.decide(tree.root);
    expect(lines(tree, folding)).toHaveLength(501);
    expect(folding.isOpen('root:1')).toBe(false);
    folding.reveal(tree.get('root:2.0')!);
    expect(lines(tree, folding)).toContain('    root:2.0');
  });

  test('a filter shows the matches and their ancestors, also in folded branches', () => {
    const tree = new CallTree('root');
    tree.merge([...fanOut(3), node('root:1.0', { parent: 'root:1', state: 'rejected' })]);
    const folding = new Folding();
    folding.set('root', false);
    const rows = rowsOf(tree.root, folding, ({ state }) => state === 'rejected');
    expect(rows.map(({ branch, dimmed }) => [branch.node.id, dimmed])).toEqual([
      ['root', true],
      ['root:1', true],
      ['root:1.0', false],
    ]);
  });

  test('a chain of 5,000 calls is shown whole', () => {
    const tree = new CallTree('p0');
    const chain = Array.from({ length: 5_000 }, (_, n) => node(`p${n}`, n === 0 ? {} : { parent: `p${n - 1}` }));
    tree.merge(chain);
    const folding = openFolding(tree);
    expect(rowsOf(tree.root, folding)).toHaveLength(5_000);
    folding.setAll(tree.root, false);
    expect(rowsOf(tree.root, folding)).toHaveLength(1);
  });
});

test('only the lines in view and a few around them are drawn', () => {
  expect(windowOf({ count: 2_000, rowHeight: 30, top: 0, height: 300 }, 5)).toEqual({ from: 0, to: 15 });
  expect(windowOf({ count: 2_000, rowHeight: 30, top: 30_000, height: 300 }, 5)).toEqual({ from: 995, to: 1_015 });
  expect(windowOf({ count: 3, rowHeight: 30, top: 900, height: 300 }, 5)).toEqual({ from: 3, to: 3 });
});
