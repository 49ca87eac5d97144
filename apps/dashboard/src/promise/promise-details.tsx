import type { PromiseDetail } from '@resonate/admin';
import type { ComponentChildren } from 'preact';
import type { Resource } from '../api/use-resource.ts';
import { Empty, ErrorState, Fact, links, Loading, StateBadge } from '../parts/index.ts';
import { ApiError } from '../api/client.ts';
import { DeadLetterList } from './dead-letter-list.tsx';
import { Facts } from './facts.tsx';
import { parentOf } from './lineage.ts';
import './promise.css';
import { SettleActions } from './settle-actions.tsx';
import { Tags } from './tags.tsx';
import { TaskCard } from './task-card.tsx';
import { ValueView } from '../value/value-view.tsx';
import { Why } from './why.tsx';

interface Props {
  id: string;
  loaded: Resource<PromiseDetail>;
  /** True in the narrow column beside a graph. */
  isSide?: boolean;
}

/** Everything about one promise: param, value, times, task, connections, tags and actions. */
export function PromiseDetails({ id, loaded: { data, error, reload }, isSide = false }: Props) {
  if (!data) {
    if (error instanceof ApiError && error.status === 404) {
      return (
        <Empty title="There is no such promise">
          No promise has the id <span class="mono">{id}</span>. It may have been deleted after it settled.
        </Empty>
      );
    }
    return error ? <ErrorState error={error} onRetry={reload} /> : <Loading label="Loading the promise" />;
  }
  const { promise, task } = data;
  return (
    <div class={isSide ? 'pd side' : 'pd'}>
      {error && <p class="graph-note tone-bad">Not up to date: {error.message}</p>}
      <div class="pd-main">
        {isSide && (
          <div class="pd-lead">
            <StateBadge state={promise.state} />
            {data.function !== undefined && <span class="mono">{data.function}</span>}
          </div>
        )}
        {promise.state !== 'resolved' && <Why id={id} isAboveSettle />}
        <SettleActions id={id} func={data.function} isPending={promise.state === 'pending'} onDone={reload} />
        <Values promise={promise} />
        {data.deadLetters.length > 0 && (
          <Card title={`Dead letters (${data.deadLetters.length})`}>
            <DeadLetterList letters={data.deadLetters} />
          </Card>
        )}
      </div>
      <div class="pd-more">
        <Card title="Times">
          <Facts promise={promise} />
        </Card>
        {task && (
          <Card title="Task">
            <TaskCard id={id} task={task} isPending={promise.state === 'pending'} onDone={reload} />
          </Card>
        )}
        <Lineage detail={data} />
        <Card title="Tags">
          <Tags tags={promise.tags} />
        </Card>
      </div>
    </div>
  );
}

/** Param and value. The error of a failed promise comes first, because readers look for it. */
function Values({ promise: { state, param, value } }: Pick<PromiseDetail, 'promise'>) {
  const cards = [
    <Card key="param" title="Param">
      <ValueView value={param} label="Param" />
    </Card>,
    <Card key="value" title={state === 'pending' ? 'Value (pending)' : 'Value'}>
      <ValueView value={value} label="Value" isPending={state === 'pending'} />
    </Card>,
  ];
  return <>{state === 'pending' || state === 'resolved' ? cards : cards.toReversed()}</>;
}

function Card({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="pd-card">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** Its callers, its awaiters, what it awaits, and its listeners. */
function Lineage({ detail }: { detail: PromiseDetail }) {
  const { promise, calledBy, awaitedBy, awaits, listeners, more } = detail;
  const parent = parentOf(promise);
  const callers = [...(parent === undefined ? [] : [{ id: parent }]), ...calledBy.filter(({ id }) => id !== parent)];
  if (callers.length + awaitedBy.length + awaits.length + listeners.length === 0) return null;
  return (
    <Card title="Connections">
      <dl class="pd-facts">
        {callers.length > 0 && (
          <Fact name="Called by">
            <Others others={callers} />
          </Fact>
        )}
        {awaitedBy.length > 0 && (
          <Fact name="Awaited by">
            <Others others={awaitedBy} />
          </Fact>
        )}
        {awaits.length > 0 && (
          <Fact name="Waits for">
            <Others others={awaits} />
          </Fact>
        )}
        {listeners.length > 0 && (
          <Fact name="Notifies">
            <ul class="pd-list">
              {listeners.map(({ transport, target, address }, n) => (
                <li key={n} class="mono" title={address}>
                  {transport} {target}
                </li>
              ))}
            </ul>
          </Fact>
        )}
      </dl>
      {more && <p class="hint">This list is not complete.</p>}
    </Card>
  );
}

/** Scrolls, because a fan-out has hundreds. */
function Others({ others }: { others: PromiseDetail['awaits'] }) {
  return (
    <ul class="pd-list scroll">
      {others.map(({ id, state }) => (
        <li key={id}>
          <PromiseLink id={id} />
          {state !== undefined && <StateBadge state={state} />}
        </li>
      ))}
    </ul>
  );
}

function PromiseLink({ id }: { id: string }) {
  return (
    <a class="mono" href={links.promise(id)}>
      {id}
    </a>
  );
}
