import type { Branch } from './tree.ts';

/** Rows up to which a graph is shown unfolded: more than a reader takes in, few enough to scroll through. */
export const OPEN_ROWS = 300;

/**
 * Which branches are open. What the user did stands; the rest is decided when a branch gets its first child (the root
 * is open, others while there is room) and stays so: nothing folds or unfolds under the reader's eyes.
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

  /** Opens or folds everything below and including a branch. */
  setAll(from: Branch, open: boolean): void {
    for (const branch of below(from)) if (branch.children.length > 0) this.#open.set(branch.node.id, open);
  }

  /** Opens all that is above, so that the branch itself can be seen. */
  reveal(branch: Branch): void {
    for (let at = branch.parent; at; at = at.parent) this.#open.set(at.node.id, true);
  }

  /** Decides for branches not yet decided, level by level. Call after each merge. */
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
