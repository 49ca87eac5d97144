import { describe, expect, test } from '@jest/globals';
import type { PromiseRecord } from '@resonate/protocol';
import { arrange } from './tree-order.ts';
import { treeLine } from './tree-line.ts';

let createdAt = 0;

function promise(id: string, parent?: string): PromiseRecord {
  const tags: Record<string, string> = parent === undefined ? {} : { 'resonate:parent': parent };
  return { id, state: 'pending', param: {}, value: {}, tags, timeoutAt: 1e12, createdAt: createdAt++ };
}

const tree = (id: string, root: PromiseRecord | null, promises: PromiseRecord[]) =>
  arrange({ id, promise: root }, promises).map((placed) => treeLine(placed).trimEnd());

describe('a tree of promises', () => {
  test('includes promises whose parent is missing', () => {
    expect(tree('r', null, [promise('a', 'gone'), promise('b'), promise('c', 'a'), promise('d', 'd')])).toEqual([
      'r',
      '├── a 🟡',
      '│   └── c 🟡',
      '├── b 🟡',
      '└── d 🟡',
    ]);
  });

  test('ends if parents form a cycle, or if the root has a parent', () => {
    const root = promise('r', 'a');
    expect(tree('r', root, [root, promise('a', 'r'), promise('b', 'a'), promise('x', 'y'), promise('y', 'x')])).toEqual(
      ['r 🟡', '└── a 🟡', '    └── b 🟡'],
    );
  });

  test('may be deeper than the call stack allows', () => {
    const chain = [promise('p0')];
    for (let n = 1; n < 100_000; n++) chain.push(promise(`p${n}`, `p${n - 1}`));
    const placed = arrange({ id: 'p0', promise: chain[0] ?? null }, chain);
    expect(placed.map(({ id }) => id)).toEqual(chain.map(({ id }) => id));
  });
});
