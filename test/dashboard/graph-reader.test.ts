import { describe, expect, test } from '@jest/globals';
import type { GraphNode } from '@resonate/admin';
import { GraphReader, type ReadPage } from '../../apps/dashboard/src/graph/model/graph-reader.ts';
import { CallTree } from '../../apps/dashboard/src/graph/model/tree.ts';

/** A graph on a server. Its clock advances by 1 with each request and each change. */
class ServedGraph {
  now = 0;
  requests = 0;
  readonly #pageSize: number;
  readonly #nodes = new Map<string, { node: GraphNode; changedAt: number }>();

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  /** Creates or changes the promises `from` to `to - 1`. */
  set(from: number, to: number, state: GraphNode['state'] = 'pending'): void {
    this.now++;
    for (let n = from; n < to; n++) {
      const id = `root:${String(n).padStart(5, '0')}`;
      this.#nodes.set(id, { node: { id, state, createdAt: n, timeoutAt: 9 }, changedAt: this.now });
    }
  }

  readonly read: ReadPage = async ({ since = 0, after = '' }) => {
    this.now++;
    this.requests++;
    const left = [...this.#nodes.values()]
      .filter(({ node, changedAt }) => changedAt >= since && node.id > after)
      .sort((a, b) => (a.node.id < b.node.id ? -1 : 1))
      .map(({ node }) => node);
    const nodes = left.slice(0, this.#pageSize);
    const last = nodes.at(-1)?.id;
    return { now: this.now, root: 'root', nodes, ...(left.length > nodes.length && last && { after: last }) };
  };
}

/** Reads until the pass is complete. */
async function readAll(reader: GraphReader, graph: ServedGraph): Promise<void> {
  while (!(await reader.read(graph.read, () => {})));
}

/** How many promises of the tree are resolved. */
const resolved = (tree: CallTree) => tree.root.counts.resolved;

describe('the reader of a call graph', () => {
  test('never keeps more nodes than allowed, however often a growing graph is read', async () => {
    const graph = new ServedGraph(10);
    graph.set(0, 25);
    const tree = new CallTree('root', 40);
    const reader = new GraphReader(tree);
    await readAll(reader, graph);
    expect([tree.size, tree.isCut]).toEqual([25, false]);
    for (let round = 1; round <= 5; round++) {
      graph.set(round * 25, round * 25 + 25);
      await readAll(reader, graph);
    }
    // The root is unknown to the server, but has its place in the tree.
    expect([tree.size, tree.isCut]).toEqual([39, true]);
  });

  test('does not load the rest of a graph that is too large', async () => {
    const graph = new ServedGraph(10);
    graph.set(0, 1_000);
    const tree = new CallTree('root', 40);
    await readAll(new GraphReader(tree), graph);
    expect([tree.size, tree.isCut, graph.requests]).toEqual([39, true, 4]);
  });

  test('sees the changes of every node that it shows, also on later pages and in a graph that is cut', async () => {
    const graph = new ServedGraph(10);
    graph.set(0, 100);
    const tree = new CallTree('root', 51);
    const reader = new GraphReader(tree);
    await readAll(reader, graph);
    graph.set(0, 100, 'resolved');
    await readAll(reader, graph);
    expect(resolved(tree)).toBe(50);
  });

  test('reads many changes in several parts, and misses none that happens meanwhile', async () => {
    const graph = new ServedGraph(1);
    graph.set(0, 50);
    const tree = new CallTree('root');
    const reader = new GraphReader(tree);
    expect(await reader.read(graph.read, () => {})).toBe(false);
    // These were read already.
    graph.set(0, 5, 'resolved');
    await readAll(reader, graph);
    await readAll(reader, graph);
    expect([tree.size, resolved(tree)]).toEqual([50, 5]);
  });

  test('continues after a failed request', async () => {
    const graph = new ServedGraph(10);
    graph.set(0, 30);
    const tree = new CallTree('root');
    const reader = new GraphReader(tree);
    const failing: ReadPage = (query) =>
      query.after === undefined ? graph.read(query) : Promise.reject(new Error('away'));
    await expect(reader.read(failing, () => {})).rejects.toThrow('away');
    await readAll(reader, graph);
    expect([tree.size, graph.requests]).toEqual([30, 3]);
  });
});
