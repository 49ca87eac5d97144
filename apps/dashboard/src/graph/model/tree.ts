import { NODE_STATES, type CallNode, type NodeState } from './node.ts';

export type Counts = Record<NodeState, number>;

/** A node and its place in the tree. `counts` covers the whole subtree, including the node itself. */
export interface Branch {
  node: CallNode;
  parent: Branch | undefined;
  children: Branch[];
  counts: Counts;
}

const BY_ID = new Intl.Collator('en', { numeric: true });

/**
 * The promises of one origin as a growing tree. `merge` adds new nodes and updates changed ones; other nodes keep their
 * place. Children are ordered by creation time, so a row never changes its place among its siblings. Parents come from
 * tags, which users may set. If a parent is unknown or would create a cycle, the root is used instead. A full tree
 * ignores further nodes but still updates the ones that it has.
 */
export class CallTree {
  readonly root: Branch;
  readonly #branches = new Map<string, Branch>();
  /** By the id of a parent that was not merged yet: its children, which are below the root until then. */
  readonly #orphans = new Map<string, Set<Branch>>();
  readonly #maxSize: number;
  #revision = 0;
  #isCut = false;

  /** @param maxSize the largest number of nodes, including the root. */
  constructor(rootId: string, maxSize = Infinity) {
    this.#maxSize = maxSize;
    const node: CallNode = { id: rootId, kind: 'root', state: 'pending', createdAt: 0, timeoutAt: 0, absent: true };
    this.root = { node, parent: undefined, children: [], counts: noCounts() };
    this.#branches.set(rootId, this.root);
  }

  /** Increases with every merge that changes something. */
  get revision(): number {
    return this.#revision;
  }

  /** The number of known promises. */
  get size(): number {
    return this.#branches.size - (this.root.node.absent ? 1 : 0);
  }

  /** True if nodes were ignored because the tree was full. */
  get isCut(): boolean {
    return this.#isCut;
  }

  get(id: string): Branch | undefined {
    return this.#branches.get(id);
  }

  /** Every branch, in no particular order. */
  branches(): IterableIterator<Branch> {
    return this.#branches.values();
  }

  /** Adds new nodes, unless the tree is full, and replaces known ones. @returns how many were new or changed. */
  merge(nodes: Iterable<CallNode>): number {
    let changed = 0;
    for (const node of nodes) {
      const branch = this.#branches.get(node.id);
      if (!branch) {
        if (this.#branches.size >= this.#maxSize) {
          this.#isCut = true;
          continue;
        }
        this.#add(node);
      } else if (!sameNode(branch.node, node)) this.#update(branch, node);
      else continue;
      changed++;
    }
    if (changed > 0) this.#revision++;
    return changed;
  }

  #add(node: CallNode): void {
    const branch: Branch = { node, parent: undefined, children: [], counts: noCounts() };
    branch.counts[node.state] = 1;
    this.#branches.set(node.id, branch);
    this.#attach(branch);
    const waiting = this.#orphans.get(node.id);
    if (!waiting) return;
    this.#orphans.delete(node.id);
    for (const orphan of waiting) {
      this.#detach(orphan);
      this.#attach(orphan);
    }
  }

  #update(branch: Branch, node: CallNode): void {
    const before = branch.node;
    branch.node = node;
    if (before.absent || before.state !== node.state) {
      const change = noCounts();
      change[node.state]++;
      if (!before.absent) change[before.state]--;
      addUpwards(branch, change, 1);
    }
    const moved = before.parent !== node.parent || before.createdAt !== node.createdAt;
    if (!moved || branch === this.root) return;
    this.#detach(branch);
    this.#attach(branch);
  }

  #attach(branch: Branch): void {
    const { parent: parentId = this.root.node.id, id } = branch.node;
    let parent = parentId === id ? this.root : this.#branches.get(parentId);
    if (!parent) {
      const waiting = this.#orphans.get(parentId);
      if (waiting) waiting.add(branch);
      else this.#orphans.set(parentId, new Set([branch]));
    }
    // A cycle is possible only if the branch has children, so check only then.
    if (!parent || (branch.children.length > 0 && isBelow(parent, branch))) parent = this.root;
    branch.parent = parent;
    parent.children.splice(placeOf(branch, parent.children), 0, branch);
    addUpwards(parent, branch.counts, 1);
  }

  #detach(branch: Branch): void {
    const { parent } = branch;
    if (!parent) return;
    parent.children.splice(parent.children.indexOf(branch), 1);
    addUpwards(parent, branch.counts, -1);
    branch.parent = undefined;
    this.#orphans.get(branch.node.parent ?? '')?.delete(branch);
  }
}

export function noCounts(): Counts {
  return { pending: 0, resolved: 0, rejected: 0, rejected_canceled: 0, rejected_timedout: 0 };
}

export function totalOf(counts: Counts): number {
  return counts.pending + counts.resolved + failedOf(counts);
}

export function failedOf(counts: Counts): number {
  return counts.rejected + counts.rejected_canceled + counts.rejected_timedout;
}

function addUpwards(from: Branch, change: Counts, sign: 1 | -1): void {
  for (const state of NODE_STATES) {
    const by = sign * change[state];
    if (by === 0) continue;
    for (let branch: Branch | undefined = from; branch; branch = branch.parent) branch.counts[state] += by;
  }
}

/** Whether `branch` is `above` or one of its descendants. */
function isBelow(branch: Branch, above: Branch): boolean {
  for (let at: Branch | undefined = branch; at; at = at.parent) if (at === above) return true;
  return false;
}

/** The index for a branch among its siblings, by creation time. Usually it is the last, so check that first. */
function placeOf(branch: Branch, siblings: readonly Branch[]): number {
  let low = 0;
  let high = siblings.length;
  const isAfter = (index: number) => {
    const sibling = siblings[index];
    return sibling !== undefined && comesBefore(sibling.node, branch.node);
  };
  if (isAfter(high - 1)) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isAfter(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function comesBefore(a: CallNode, b: CallNode): boolean {
  return a.createdAt === b.createdAt ? BY_ID.compare(a.id, b.id) < 0 : a.createdAt < b.createdAt;
}

function sameNode(a: CallNode, b: CallNode): boolean {
  return (
    a.state === b.state &&
    a.settledAt === b.settledAt &&
    a.timeoutAt === b.timeoutAt &&
    a.createdAt === b.createdAt &&
    a.parent === b.parent &&
    a.kind === b.kind &&
    a.func === b.func &&
    a.absent === b.absent &&
    sameTask(a.task, b.task) &&
    sameList(a.awaits, b.awaits)
  );
}

function sameTask(a: CallNode['task'], b: CallNode['task']): boolean {
  if (!a || !b) return a === b;
  return a.state === b.state && a.version === b.version && a.attempts === b.attempts && a.pid === b.pid;
}

function sameList(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((item, n) => item === b[n]);
}
