import { useState } from 'preact/hooks';
import { useQuery } from '../api/use-query.ts';
import { ApiError } from '../api/client.ts';
import { serverNow } from '../api/server-clock.ts';
import {
  duration,
  Empty,
  ErrorState,
  Icon,
  links,
  Loading,
  Page,
  relativeTime,
  StateBadge,
  Time,
  useNow,
} from '../parts/index.ts';
import { RunAgain } from '../call/run-again.tsx';
import { SidePromise } from '../promise/side-promise.tsx';
import { Why } from '../promise/why.tsx';
import { Boxes } from './boxes.tsx';
import { Filter, matcherOf, NO_FILTER, type FilterState } from './filter.tsx';
import './waterfall.css';
import './boxes.css';
import './graph.css';
import { wholeOf } from './model/extent.ts';
import type { Box } from './model/layout.ts';
import { Legend } from './legend.tsx';
import { endOf, titleOf, type CallNode } from './model/node.ts';
import { zoomed, type Range } from './model/timescale.ts';
import { StackPanel } from './stack-panel.tsx';
import { Toolbar } from './toolbar.tsx';
import { MAX_NODES, useGraph, type LoadedGraph } from './use-graph.ts';
import { Waterfall } from './waterfall.tsx';

/** /ui/graph?root=ID: the call graph of a root promise; `view` is waterfall or boxes, `id` the promise in the side panel. */
export function GraphPage() {
  const [query] = useQuery();
  const root = query.get('root') ?? '';
  if (root === '') {
    return (
      <Page title="Call graph">
        <div class="panel">
          <Empty icon="graph" title="Which call graph?">
            Choose a workflow under <a href={links.promises}>Promises</a>.
          </Empty>
        </div>
      </Page>
    );
  }
  return <Graph key={root} root={root} />;
}

function Graph({ root }: { root: string }) {
  const [query, change] = useQuery();
  const graph = useGraph(root);
  const { tree, error, isLoaded } = graph;
  const isBoxes = query.get('view') === 'boxes';
  const selected = query.get('id') ?? undefined;
  const [stack, setStack] = useState<{ parent: string; title: string }>();
  const open = (id: string) => change({ id }, { replace: true });
  if (tree.size === 0) return <Nothing root={root} graph={graph} />;
  return (
    <div class="graph-page">
      <Page title={titleOf(tree.root.node)} lead={<Lead graph={graph} />} actions={<Actions root={tree.root.node} />}>
        {tree.root.node.state !== 'resolved' && !tree.root.node.absent && <Why id={root} />}
        {error && isLoaded && <p class="graph-note tone-bad">Not up to date: {error.message}</p>}
        {graph.isCut && (
          <p class="graph-note tone-pending">
            This call graph has more than {MAX_NODES.toLocaleString('en')} calls. The others are not shown or counted.
          </p>
        )}
        <div class={selected === undefined && !stack ? 'graph-body' : 'graph-body with-side'}>
          <Drawing
            graph={graph}
            isBoxes={isBoxes}
            selected={selected}
            onSelect={(id) => {
              setStack(undefined);
              open(id);
            }}
            onStack={({ branch, stack: of }) => {
              change({ id: undefined }, { replace: true });
              if (branch.parent && of) setStack({ parent: branch.parent.node.id, title: of.title });
            }}
            onView={(view) => change({ view }, { replace: true })}
          />
          {stack && selected === undefined && (
            <StackPanel
              parent={tree.get(stack.parent)}
              title={stack.title}
              onSelect={open}
              onClose={() => setStack(undefined)}
            />
          )}
          {selected !== undefined && (
            <SidePromise
              id={selected}
              onClose={() => {
                change({ id: undefined }, { replace: true });
                document.querySelector<HTMLElement>('.graph-body [role=tree]')?.focus({ preventScroll: true });
              }}
            />
          )}
        </div>
      </Page>
    </div>
  );
}

interface DrawingProps {
  graph: LoadedGraph;
  isBoxes: boolean;
  selected: string | undefined;
  onSelect: (id: string) => void;
  onStack: (box: Box) => void;
  onView: (view: string | undefined) => void;
}

/** The tool bar, and the waterfall or boxes that it controls. */
function Drawing({ graph, isBoxes, selected, onSelect, onStack, onView }: DrawingProps) {
  const [filter, setFilter] = useState<FilterState>(NO_FILTER);
  const [zoom, setZoom] = useState<Range>();
  const [boxSteps, setBoxSteps] = useState(0);
  const [fitted, setFitted] = useState(0);
  const [isCriticalShown, setCriticalShown] = useState(true);
  const [, setFolds] = useState(0);
  const onFold = () => setFolds((count) => count + 1);
  const { tree, folding } = graph;
  const zoomBy = (step: 1 | -1) => {
    if (isBoxes) {
      setBoxSteps((steps) => steps + step);
      return;
    }
    const whole = wholeOf(tree, serverNow());
    setZoom((range) => zoomed(range ?? whole, whole, step > 0 ? 0.5 : 2));
  };
  return (
    <section
      class={isBoxes ? 'panel graph-panel fills' : 'panel graph-panel'}
      aria-label={isBoxes ? 'Graph' : 'Waterfall'}
    >
      <Toolbar
        isBoxes={isBoxes}
        onView={onView}
        onZoom={zoomBy}
        onFit={() => {
          setZoom(undefined);
          setFitted((count) => count + 1);
        }}
        onFoldAll={(isOpen) => {
          folding.setAll(tree.root, isOpen);
          folding.set(tree.root.node.id, true);
          onFold();
        }}
        isCriticalShown={isCriticalShown}
        onCritical={setCriticalShown}
      >
        {!isBoxes && <Filter filter={filter} counts={tree.root.counts} onChange={setFilter} />}
      </Toolbar>
      {isBoxes ? (
        <Boxes {...{ graph, selected, onSelect, onStack, onFold, fitted }} zoomSteps={boxSteps} />
      ) : (
        <>
          <Waterfall
            {...{ graph, selected, onSelect, onFold, isCriticalShown, zoom }}
            matches={matcherOf(filter)}
            onZoom={setZoom}
          />
          <Legend />
        </>
      )}
    </section>
  );
}

/** The line below the title: state, id, duration, deadline. */
function Lead({ graph: { tree } }: { graph: LoadedGraph }) {
  const now = useNow();
  const { node } = tree.root;
  if (node.absent) return <span class="mono">{node.id}</span>;
  const took = duration(endOf(node, now) - node.createdAt);
  return (
    <span class="graph-lead">
      <StateBadge state={node.state} />
      <span class="mono graph-id">{node.id}</span>
      <span class="nowrap">{node.state === 'pending' ? `for ${took}` : `took ${took}`}</span>
      <span class="nowrap dim graph-started">started {relativeTime(node.createdAt, now)}</span>
      {node.state === 'pending' && (
        <span class="nowrap dim">
          deadline <Time at={node.timeoutAt} />
        </span>
      )}
    </span>
  );
}

function Actions({ root: { id, task } }: { root: CallNode }) {
  return (
    <>
      {task && <RunAgain id={id} />}
      <a class="button" href={links.promise(id)}>
        <Icon name="promises" />
        Root promise
      </a>
    </>
  );
}

function Nothing({ root, graph: { error, isLoaded, reload } }: { root: string; graph: LoadedGraph }) {
  const isMissing = isLoaded || (error instanceof ApiError && error.status === 404);
  return (
    <Page title="Call graph" lead={<span class="mono">{root}</span>}>
      <div class="panel">
        {isMissing && (
          <Empty icon="graph" title="There is no such call graph">
            No promise has the id or the origin <span class="mono">{root}</span>. It may have been deleted after it
            settled.
          </Empty>
        )}
        {error && !isMissing && <ErrorState error={error} onRetry={reload} />}
        {!error && !isMissing && <Loading label="Loading the call graph" />}
      </div>
    </Page>
  );
}
