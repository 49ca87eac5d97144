import type { Reply } from '@resonate/protocol';

/**
 * When two answers to the same request count as the same: only the status of an error counts, some fields may be null
 * instead of absent, some lists have no order, and the outbox of a snap is not compared.
 */

export interface Difference {
  /** Where in the answer: `status`, `data.promise.state` or `data.tasks[w0.a].version`. */
  path: string;
  expected: unknown;
  got: unknown;
}

const NULL_IS_ABSENT = new Set(['settledAt', 'lastRunAt', 'cursor']);

/** @returns every place where `got` differs from `expected`; empty if they count as the same. */
export function compareReplies(kind: string, expected: Reply, got: Reply): Difference[] {
  return differences('', comparable(kind, expected), comparable(kind, got));
}

/** The part of an answer that is compared, in one fixed form. */
export function comparable(kind: string, reply: Reply): unknown {
  if (reply.status >= 400) return { status: reply.status };
  const data = plain(reply.data);
  if (!isRecord(data)) return { status: reply.status, data };
  if (Array.isArray(data['preload'])) data['preload'] = unordered(data['preload']);
  if (kind === 'task.fence') stripInner(data['action']);
  if (kind === 'debug.snap') {
    delete data['messages'];
    for (const [name, list] of Object.entries(data)) {
      if (Array.isArray(list)) data[name] = unordered(list);
    }
  }
  return { status: reply.status, data };
}

function stripInner(action: unknown): void {
  if (!isRecord(action) || !isRecord(action['head'])) return;
  delete action['head']['corrId'];
  if (Number(action['head']['status']) >= 400) delete action['data'];
}

/** A copy as JSON, with sorted keys and without fields whose null means the same as absence. */
function plain(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(plain);
  if (!isRecord(json)) return json;
  const kept = Object.entries(json).filter(
    ([key, value]) => value !== undefined && !(value === null && NULL_IS_ABSENT.has(key)),
  );
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, plain(value)]));
}

function unordered(list: unknown[]): unknown[] {
  return list
    .map((entry) => ({ entry, text: JSON.stringify(entry) }))
    .sort((a, b) => (a.text < b.text ? -1 : 1))
    .map(({ entry }) => entry);
}

function differences(path: string, expected: unknown, got: unknown): Difference[] {
  // Both have their keys sorted.
  if (JSON.stringify(expected) === JSON.stringify(got)) return [];
  if (Array.isArray(expected) && Array.isArray(got)) {
    const nameOf = [expected, got].every(haveUniqueIds) ? (entry: unknown) => idOf(entry)! : JSON.stringify;
    const byName = (list: unknown[]) => new Map(list.map((entry) => [nameOf(entry), entry]));
    const inEntries = between(byName(expected), byName(got), (name) => `${path}[${name}]`);
    // The lists have the same entries in another order.
    return inEntries.length > 0 ? inEntries : [{ path, expected, got }];
  }
  if (isRecord(expected) && isRecord(got)) {
    const inside = (key: string) => (path ? `${path}.${key}` : key);
    return between(new Map(Object.entries(expected)), new Map(Object.entries(got)), inside);
  }
  return [{ path, expected, got }];
}

function between(
  expected: Map<string, unknown>,
  got: Map<string, unknown>,
  pathOf: (name: string) => string,
): Difference[] {
  const names = new Set([...expected.keys(), ...got.keys()]);
  return [...names].flatMap((name) => differences(pathOf(name), expected.get(name), got.get(name)));
}

function idOf(entry: unknown): string | undefined {
  return isRecord(entry) && typeof entry['id'] === 'string' ? entry['id'] : undefined;
}

/** Whether the entries can be compared by id. Compared by index, one missing entry would make all later ones differ. */
function haveUniqueIds(list: unknown[]): boolean {
  const ids = list.map(idOf);
  return !ids.includes(undefined) && new Set(ids).size === ids.length;
}

function isRecord(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
