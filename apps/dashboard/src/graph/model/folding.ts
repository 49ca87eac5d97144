import type { Branch } from './tree.ts';

/** A graph is expanded up to this number of rows, so that it can still be scrolled through. */
const OPEN_ROWS = 300;

/**
 * Which branches are expanded. The user's choices have priority. Other branches are decided when they get their first
 * child: the root is expanded, others while there is room. The decision does not change later, so nothing moves while
 * the user reads.
 */
export class Folding {
  readonly #open = new Map<string, boolean>();
  readonly #limit: number;
  #shown = 1;

  constructor(limit = OPEN_ROWS) {
    this.#limit = limit;
  }

  isOpen(id: string): boolean {
    return this.#open.get(id) ?? false;
  }

  set(id: string, open: boolean): void {
    this.#open.set(id, open);
  }

  /** Expands or collapses a branch and everything below it. */
  setAll(from: Branch, open: boolean): void {
    for (const branch of below(from)) if (branch.children.length > 0) this.#open.set(branch.node.id, open);
  }

  /** Expands all ancestors, so that the branch itself is visible. */
  reveal(branch: Branch): void {
    for (let at = branch.parent; at; at = at.parent) this.#open.set(at.node.id, true);
  }

  /** Decides for undecided branches, level by level. Call it after each merge. */
  decide(root: Branch): void {
    let level: Branch[] = [root];
    while (level.length > 0) {
      const next: Branch[] = [];
      for (const branch of level) {
        const { id } = branch.node;
        const size = branch.children.length;
        if (size === 0) continue;
        if (!this.#open.has(id)) {
          const open = branch === root || this.#shown + size <= this.#limit;
          this.#open.set(id, open);
          if (open) this.#shown += size;
        }
        if (this.#open.get(id)) next.push(...branch.children);
      }
      level = next;
    }
  }
}

function* below(from: Branch): Generator<Branch> {
  const stack = [from];
  for (let branch = stack.pop(); branch; branch = stack.pop()) {
    yield branch;
    for (const child of branch.children) stack.push(child);
  }
}
