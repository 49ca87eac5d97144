import type { Graph } from '@resonate/admin';
import { toCallNode } from './from-answer.ts';
import type { CallTree } from './tree.ts';

/** One page of GET /admin/graph/ROOT. */
export type ReadPage = (query: { since: number | undefined; after: string | undefined }) => Promise<Graph>;

/** How many pages of 2,000 nodes one call of `read` loads. */
const MAX_PAGES = 20;

/**
 * Keeps a tree up to date. The first pass reads the graph until its end or until the tree is full. Each later pass reads
 * what has changed since the previous pass began.
 */
export class GraphReader {
  readonly #tree: CallTree;
  readonly #root: string;
  /** The server's time when the last complete pass began. */
  #since: number | undefined;
  /** The pass that is not complete: the server's time when it began, and the last id that it has read. */
  #pass: { beganAt: number; after: string } | undefined;

  constructor(tree: CallTree) {
    this.#tree = tree;
    this.#root = tree.root.node.id;
  }

  /**
   * Continues the pass that is not complete, or begins one. If `readPage` throws, the next call continues at that page.
   * @param onPage called after each page, with the server's time.
   * @returns false if the pass is not complete, so there is more to read.
   */
  async read(readPage: ReadPage, onPage: (now: number) => void): Promise<boolean> {
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const { now, nodes, after } = await readPage({ since: this.#since, after: this.#pass?.after });
      this.#tree.merge(nodes.map((node) => toCallNode(node, this.#root)));
      onPage(now);
      const beganAt = this.#pass?.beganAt ?? now;
      // Nodes that the first pass leaves out of a full tree need no updates.
      if (after === undefined || (this.#since === undefined && this.#tree.isCut)) {
        this.#since = beganAt;
        this.#pass = undefined;
        return true;
      }
      this.#pass = { beganAt, after };
    }
    return false;
  }
}
