import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from '../api/client.ts';
import { onChange } from '../api/live.ts';
import { throttledLoader } from '../api/throttled-loader.ts';
import { syncClock } from '../api/server-clock.ts';
import { Folding } from './model/folding.ts';
import { GraphReader } from './model/graph-reader.ts';
import { CallTree } from './model/tree.ts';

/** Of larger graphs only this many nodes are shown, because more would make the page slow. */
export const MAX_NODES = 20_000;
/** Minimum time between two requests for changes, ms. */
const MIN_INTERVAL_MS = 400;

export interface LoadedGraph {
  tree: CallTree;
  folding: Folding;
  /** Changes whenever the tree changes. */
  revision: number;
  isLoaded: boolean;
  isCut: boolean;
  error: Error | undefined;
  reload(): void;
}

/** The call graph of a root. It is loaded page by page, then kept up to date by requests for changes. */
export function useGraph(root: string): LoadedGraph {
  const graph = useRef({ root: '', tree: new CallTree(''), folding: new Folding() });
  if (graph.current.root !== root)
    graph.current = { root, tree: new CallTree(root, MAX_NODES), folding: new Folding() };
  const [state, setState] = useState<{ root: string; isLoaded: boolean; error?: Error }>({ root, isLoaded: false });
  const [, setRevision] = useState(0);
  const again = useRef(() => {});

  useEffect(() => {
    const { tree, folding } = graph.current;
    const reader = new GraphReader(tree);
    const round = async (signal: AbortSignal) => {
      const isComplete = await reader.read(
        (page) => get('/admin/graph/:id', { id: root, ...page }, signal),
        (now) => {
          syncClock(now);
          folding.decide(tree.root);
          setRevision(tree.revision);
        },
      );
      if (!isComplete) loads.again();
    };
    const loads = throttledLoader(
      round,
      (error) =>
        setState((before) => ({
          root,
          isLoaded: !error || (before.root === root && before.isLoaded),
          ...(error && { error }),
        })),
      { minIntervalMs: MIN_INTERVAL_MS },
    );
    again.current = loads.again;
    // No one else listens to this origin, so onChange calls back at once. That is the first load.
    const endLive = onChange(root, loads.again);
    return () => {
      loads.stop();
      endLive();
    };
  }, [root]);

  const { tree, folding } = graph.current;
  return {
    tree,
    folding,
    revision: tree.revision,
    isLoaded: state.root === root && state.isLoaded,
    isCut: tree.isCut,
    error: state.root === root ? state.error : undefined,
    reload: () => again.current(),
  };
}
