import {
  MAX_EDGES,
  type GraphNode,
  type PromiseDetail,
  type PromiseSummary,
  type Task,
  type TaskSummary,
} from '@resonate/admin';
import type { RuntimeWith } from '@resonate/process';
import type { BriefPromise, Detail, GraphRow, Listed, TaskRow } from '@resonate/store';
import { Cursors } from './cursors.ts';
import { letterFor, narrowed } from './dead-letters.ts';
import { Refusal } from '../http/refusal.ts';
import type { Handlers } from './mount.ts';
import { maySearch } from './session.ts';
import { reasonsOf } from './why/reasons.ts';

type PromiseHandlers = Pick<Handlers, 'promises' | 'promise' | 'graph' | 'tasks' | 'deliverTask'>;

type Context = RuntimeWith<'config' | 'processId' | 'stats', 'admin' | 'cluster' | 'now'>;

/** The part of a list that is asked for. */
interface Range {
  prefix?: string | undefined;
  from?: number | undefined;
  to?: number | undefined;
  cursor?: string | undefined;
  limit: number;
}

interface PageEnd {
  now: number;
  cursor?: string;
  searchedTo?: number;
}

const MAX_TAGS = 32;
const MAX_TAG_LENGTH = 256;

/** The endpoints for promises and tasks. A token with a prefix sees only ids that begin with it. */
export function promiseHandlers(runtime: Context): PromiseHandlers {
  const { config, store } = runtime;
  const { admin } = store;
  const cursors = new Cursors(() => store.cluster.secret('admin cursors'));
  /** A page of promises in the requested range. */
  async function page(
    wanted: Range,
    own: string,
    rest: Pick<Parameters<typeof admin.newest>[0], 'state' | 'task' | 'tags' | 'func' | 'isRoot'>,
  ): Promise<{ rows: Listed[]; end: PageEnd }> {
    if (!maySearch(config, own))
      throw new Refusal(403, 'Tokens with a prefix may not search on this server (auth.search_prefix)');
    const { from, to, cursor, limit } = wanted;
    const prefix = narrowed(wanted.prefix ?? '', own);
    const after = cursor === undefined ? null : await cursors.open(cursor, own);
    const now = await store.now();
    if (prefix === null) return { rows: [], end: { now } };
    const { rows, next } = await admin.newest({ ...rest, prefix, from, to, limit, after }, now);
    if (!next) return { rows, end: { now } };
    return { rows, end: { now, cursor: await cursors.seal(next, own), searchedTo: next.createdAt } };
  }
  const visible = (id: string, own: string) => {
    if (!id.startsWith(own)) throw new Refusal(404, 'Promise not found');
  };
  return {
    async promises({ query: { state, tag = [], func, roots, steps, reasons, ...range } }, { prefix }) {
      const wanted = { state, task: undefined, tags: tag.map(nameAndValue), func, isRoot: rootsOrSteps(roots, steps) };
      const { rows, end } = await page(range, prefix, wanted);
      const reasonOf = reasons ? await reasonsOf(runtime, rows, prefix, end.now) : () => undefined;
      return { ...end, promises: rows.map((row) => promiseSummary(row, reasonOf(row))) };
    },
    async tasks({ query: { state, ...range } }, { prefix }) {
      const { rows, end } = await page(range, prefix, {
        state: undefined,
        task: { state },
        tags: [],
      });
      return { ...end, tasks: rows.flatMap(taskSummary) };
    },
    async promise({ params: { id } }, { prefix }) {
      visible(id, prefix);
      const now = await store.now();
      const detail = await admin.detail(id, MAX_EDGES, now);
      if (!detail) throw new Refusal(404, 'Promise not found');
      return promiseDetail(detail, now, prefix);
    },
    async graph({ params: { id: root }, query: { after = null, since = null, limit } }, { prefix }) {
      visible(root, prefix);
      const now = await store.now();
      const page = await admin.graph({ root, prefix, after, since, limit }, now);
      if (page.nodes.length === 0 && !(await admin.hasGraph(root))) throw new Refusal(404, 'Promise not found');
      return {
        now,
        root,
        nodes: page.nodes.map((node) => graphNode(node, prefix)),
        ...(page.after !== null && { after: page.after }),
      };
    },
    async deliverTask({ params: { id } }, { prefix }) {
      const delivered = id.startsWith(prefix) ? await admin.deliver(id, config.messages.backoffMaxMs) : 'absent';
      if (delivered === 'absent') throw new Refusal(404, 'Task not found');
      if (delivered === 'not pending')
        throw new Refusal(409, 'The task is not pending, so it has no message to deliver');
      return { id, dueAt: await store.now() };
    },
  };
}

/** @throws Refusal if both are given, because no promise is a root and a step. */
function rootsOrSteps(roots?: true, steps?: true): boolean | undefined {
  if (roots && steps) throw new Refusal(400, 'Invalid request: give roots or steps, not both');
  if (roots) return true;
  return steps ? false : undefined;
}

function nameAndValue(tag: string): [name: string, value: string] {
  const at = tag.indexOf('=');
  return [tag.slice(0, at), tag.slice(at + 1)];
}

function brief({ id, state, createdAt, settledAt, timeoutAt, function: name }: BriefPromise) {
  return {
    id,
    state,
    createdAt,
    ...(settledAt !== null && { settledAt }),
    timeoutAt,
    ...(name !== undefined && { function: name }),
  };
}

function promiseSummary(row: Listed, reason: string | undefined): PromiseSummary {
  const some = Object.entries(row.tags).slice(0, MAX_TAGS);
  return {
    ...brief(row),
    tags: Object.fromEntries(some.map(([name, value]) => [name, value.slice(0, MAX_TAG_LENGTH)])),
    ...(row.origin !== null && { origin: row.origin }),
    ...(row.error !== undefined && { error: row.error }),
    ...(reason !== undefined && { reason }),
  };
}

function taskSummary(row: Listed): TaskSummary[] {
  if (!row.task) return [];
  const { id, createdAt, timeoutAt, function: name, origin } = row;
  return [
    {
      ...taskView(row.task),
      id,
      createdAt,
      timeoutAt,
      ...(name !== undefined && { function: name }),
      ...(origin !== null && { origin }),
    },
  ];
}

function taskView({ state, version, resumes, pid, ttl, dueAt, setbacks, attempts, transport, target }: TaskRow): Task {
  return {
    state,
    version,
    resumes,
    ...(pid !== null && { pid }),
    ...(ttl !== null && { ttl }),
    ...(state === 'acquired' && dueAt !== null && { leaseEndsAt: dueAt }),
    ...(state === 'pending' && dueAt !== null && { nextDeliveryAt: dueAt }),
    setbacks,
    attempts,
    transport,
    target,
  };
}

/** Leaves out awaited promises that the token must not see. */
function graphNode(node: GraphRow, prefix: string): GraphNode {
  const { parent, branch, isTimer, task } = node;
  const awaits = node.awaits.filter((id) => id.startsWith(prefix));
  return {
    ...brief(node),
    ...(parent !== null && { parent }),
    ...(branch !== null && { branch }),
    ...(isTimer && { isTimer }),
    ...(task && { task: taskView(task) }),
    ...(awaits.length > 0 && { awaits }),
  };
}

/** Addresses may contain secrets, so only admin tokens see them. */
function promiseDetail(detail: Detail, now: number, prefix: string): PromiseDetail {
  const { promise, function: name, task, more } = detail;
  const addressOf = ({ address }: { address: string }) => (prefix === '' ? { address } : {});
  const others = (list: Detail['awaits']) =>
    list.filter(({ id }) => id.startsWith(prefix)).map(({ id, state }) => ({ id, ...(state !== null && { state }) }));
  return {
    now,
    promise,
    ...(name !== undefined && { function: name }),
    ...(task && { task: { ...taskView(task), ...addressOf(task) } }),
    calledBy: others(detail.calledBy),
    awaitedBy: others(detail.awaitedBy),
    awaits: others(detail.awaits),
    listeners: detail.listeners.map(({ address, transport, target, attempts, dueAt }) => ({
      transport,
      target,
      ...addressOf({ address }),
      attempts,
      ...(dueAt !== null && { nextDeliveryAt: dueAt }),
    })),
    deadLetters: detail.deadLetters.map((letter) => letterFor(letter, prefix)),
    more,
  };
}
