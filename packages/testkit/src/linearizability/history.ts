import type { Reply } from '@resonate/protocol';

/** One request of one client, and when it was sent and answered, by one clock for all clients. */
export interface HistoryEvent {
  client: string | number;
  callAt: number;
  returnAt: number;
  kind: string;
  data: unknown;
  /** Absent if no answer came. After a status of 500 or above, the request may have happened or not, too. */
  reply?: Reply;
}

/** Whether the request may or may not have happened, at any time after it was sent. */
export function isUnknown({ reply }: HistoryEvent): boolean {
  return !reply || reply.status >= 500;
}

const READS = new Set([
  ...['promise.get', 'promise.search', 'task.get', 'task.search'],
  ...['schedule.get', 'schedule.search', 'schedule.preview'],
]);
const SEARCHES = new Set(['promise.search', 'task.search', 'schedule.search']);

const EVERYTHING = 'everything';

export function isRead({ kind }: HistoryEvent): boolean {
  return READS.has(kind);
}

/**
 * Splits a history into independent parts, each of which can be checked alone. Promises that one request names, or that
 * share a branch (and so are answered as `preload`), are in one part. A search joins all parts.
 * @throws on `debug.*`, which is not for concurrent clients.
 */
export function partitionHistory(events: readonly HistoryEvent[]): HistoryEvent[][] {
  const groups = new DisjointSets();
  const named = events.map((event) => ({ event, keys: keysOf(event) }));
  for (const { keys } of named) groups.union(keys);
  if (named.some(({ keys }) => keys.includes(EVERYTHING))) groups.union(named.flatMap(({ keys }) => keys));
  const parts = Map.groupBy(named, ({ keys }) => groups.find(keys[0] ?? ''));
  return [...parts.values()].map((part) => part.map(({ event }) => event));
}

interface NamingData {
  id?: string;
  awaited?: string;
  awaiter?: string;
  action?: { data?: NamingData };
  actions?: { data?: NamingData }[];
  tasks?: NamingData[];
  steps?: { create?: NamingData; settle?: NamingData }[];
  tags?: Record<string, string>;
}

function keysOf({ kind, data, reply }: HistoryEvent): string[] {
  // A malformed request does not depend on the state, and its data may contain anything.
  if (reply?.status === 400) return ['refused'];
  if (kind.startsWith('debug.')) throw new Error(`${kind} can't be part of a concurrent history`);
  // A trigger does not name the promises that it creates and cancels.
  if (SEARCHES.has(kind) || kind === 'schedule.trigger') return [EVERYTHING];
  if (kind.startsWith('schedule.')) return [`schedule ${String((data as NamingData).id)}`];
  return namesIn(data as NamingData);
}

function namesIn(data: NamingData): string[] {
  const ids = [data.id, data.awaited, data.awaiter].filter((id) => id !== undefined).map((id) => `promise ${id}`);
  const branch = data.tags?.['resonate:branch'];
  const inner = [
    data.action?.data,
    ...(data.actions ?? []).map((action) => action.data),
    ...(data.tasks ?? []),
    ...(data.steps ?? []).flatMap(({ create, settle }) => [create, settle]),
  ];
  return [
    ...ids,
    ...(branch === undefined ? [] : [`branch ${branch}`]),
    ...inner.flatMap((nested) => (nested ? namesIn(nested) : [])),
  ];
}

class DisjointSets {
  readonly #parents = new Map<string, string>();

  find(key: string): string {
    let root = key;
    for (let parent = this.#parents.get(root); parent !== undefined; parent = this.#parents.get(root)) root = parent;
    return root;
  }

  union(keys: string[]): void {
    const first = keys[0];
    if (first === undefined) return;
    for (const key of keys.slice(1)) {
      const [a, b] = [this.find(first), this.find(key)];
      if (a !== b) this.#parents.set(b, a);
    }
  }
}
