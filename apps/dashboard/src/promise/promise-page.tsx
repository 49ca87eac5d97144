import { useQuery } from '../api/use-query.ts';
import { RunAgain } from '../call/run-again.tsx';
import { Empty, Icon, links, Page, StateBadge } from '../parts/index.ts';
import { originOf } from './lineage.ts';
import { PromiseDetails } from './promise-details.tsx';
import { usePromise } from '../api/use-promise.ts';

/** /ui/promise?id=ID: one promise with its details and actions. */
export function PromisePage() {
  const [query] = useQuery();
  const id = query.get('id') ?? '';
  if (id === '') {
    return (
      <Page title="Promise">
        <div class="panel">
          <Empty title="Which promise?">
            Choose one under <a href={links.promises}>Promises</a>.
          </Empty>
        </div>
      </Page>
    );
  }
  return <OnePromise key={id} id={id} />;
}

function OnePromise({ id }: { id: string }) {
  const loaded = usePromise(id);
  const promise = loaded.data?.promise;
  const name = loaded.data?.function;
  const lead = promise && (
    <span class="graph-lead">
      <StateBadge state={promise.state} />
      {name !== undefined && <span class="mono graph-id">{id}</span>}
    </span>
  );
  const actions = promise && (
    <>
      {loaded.data?.task && <RunAgain id={id} />}
      <a class="button" href={`${links.graph(originOf(promise))}&id=${encodeURIComponent(id)}`}>
        <Icon name="graph" />
        Call graph
      </a>
    </>
  );
  return (
    <Page title={name ?? id} lead={lead} actions={actions}>
      <PromiseDetails id={id} loaded={loaded} />
    </Page>
  );
}
