import type { PromiseRecord } from '@resonate/protocol';

export interface Root {
  id: string;
  /** Null if it does not exist but its descendants do. */
  promise: PromiseRecord | null;
}

/** A promise and its place in the tree. */
export interface Placed extends Root {
  /** The characters before `branch`: the vertical lines of its ancestors. */
  indent: string;
  branch: '' | '├── ' | '└── ';
}

/** The characters below a branch, in front of its descendants. */
const INDENT = { '': '', '├── ': '│   ', '└── ': '    ' } as const;

/**
 * Orders promises: parents before their children, children by createdAt. A promise whose parent is missing is placed below the
 * root, so none is left out.
 */
export function arrange(root: Root, promises: readonly PromiseRecord[]): Placed[] {
  const children = childrenOf(root.id, promises);
  const placed: Placed[] = [];
  const seen = new Set([root.id]);
  const waiting: Placed[] = [{ ...root, indent: '', branch: '' }];
  // A stack instead of recursion, because a chain of calls may be deeper than the call stack allows.
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    placed.push(next);
    const indent = next.indent + INDENT[next.branch];
    const below = (children.get(next.id) ?? []).filter(({ id }) => !seen.has(id));
    for (const [index, promise] of [...below.entries()].reverse()) {
      seen.add(promise.id);
      const branch = index === below.length - 1 ? '└── ' : '├── ';
      waiting.push({ id: promise.id, promise, indent, branch });
    }
  }
  return placed;
}

function childrenOf(rootId: string, promises: readonly PromiseRecord[]): Map<string, PromiseRecord[]> {
  const known = new Set(promises.map(({ id }) => id));
  const children = new Map<string, PromiseRecord[]>();
  for (const promise of [...promises].sort((one, other) => one.createdAt - other.createdAt)) {
    if (promise.id === rootId) continue;
    const named = promise.tags['resonate:parent'];
    const parent = named !== undefined && named !== promise.id && known.has(named) ? named : rootId;
    const siblings = children.get(parent);
    if (siblings) siblings.push(promise);
    else children.set(parent, [promise]);
  }
  return children;
}
