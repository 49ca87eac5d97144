import { isForOneConnection, type Transport } from '@resonate/protocol';
import type { Dialect, WaitingTarget } from '../dialect.ts';

/** Targets looked at in one round trip; SQLite reads them in the thread of this process. */
const PAGE = 200;
/** Targets looked at in all: one seek in an index each, whether anything is due for them or not. */
const MAX_TARGETS = 10_000;

/** What of one transport is due and claimed by nobody. */
export interface Backlog {
  /** Messages, counted up to the limit. */
  count: number;
  /** How long the one that has been due for the longest time has been so; 0 without any. */
  ageMs: number;
  /** The targets with the oldest messages. */
  targets: { target: string; count: number; ageMs: number }[];
}

/** A target with messages that are due. */
interface DueTarget extends WaitingTarget {
  /** How many, counted up to the limit; undefined: not counted yet. */
  count?: number;
}

/**
 * Counts up to `limit` messages, and those of the `named` targets with the oldest ones each for itself: in all, no
 * more than twice `limit` rows are looked at. An `unblock` for one connection (`poll://uni@`) is not counted: it waits
 * when its client has gone, which is no work that anybody could take, and it is dropped soon
 * (`DeadLetters.dropAbsent`).
 */
export async function readBacklog(
  dialect: Dialect,
  transport: Transport,
  limit: number,
  named: number,
): Promise<Backlog> {
  const now = await dialect.now();
  let after = '';
  let count = 0;
  let oldest: DueTarget[] = [];
  for (let looked = 0; looked < MAX_TARGETS && count < limit; looked += PAGE) {
    const page = await dialect.waitingTargets(transport, PAGE, after);
    const due = page.filter(({ dueAt }) => dueAt <= now);
    const shared = due.filter(({ target }) => !isForOneConnection(transport, target));
    const names = shared.map(({ target }) => target);
    if (names.length > 0) count += await dialect.countDue(transport, names, limit - count);
    const others = due.filter(({ target }) => isForOneConnection(transport, target));
    const single = await dueTasks(dialect, transport, others, now, limit - count);
    count += single.reduce((sum, found) => sum + found.count, 0);
    oldest = [...oldest, ...shared, ...single]
      .sort((one, other) => one.dueAt - other.dueAt)
      .slice(0, Math.max(named, 1));
    if (page.length < PAGE) break;
    after = page.at(-1)?.target ?? '';
  }
  const backlog: Backlog = { count, ageMs: now - (oldest[0]?.dueAt ?? now), targets: [] };
  let left = count;
  for (const { target, dueAt, count: counted } of oldest.slice(0, named)) {
    const ofTarget = left > 0 ? (counted ?? (await dialect.countDue(transport, [target], left))) : 0;
    backlog.targets.push({ target, count: ofTarget, ageMs: now - dueAt });
    left -= ofTarget;
  }
  return backlog;
}

/** Of these targets, those that tasks are due for, without listeners: how many, up to `limit` in all, and since when. */
async function dueTasks(
  dialect: Dialect,
  transport: Transport,
  targets: readonly WaitingTarget[],
  now: number,
  limit: number,
): Promise<Required<DueTarget>[]> {
  if (targets.length === 0 || limit <= 0) return [];
  const { words, select } = dialect.plain;
  const these = targets.map(() => '?').join(', ');
  const sql = `SELECT target, due_at FROM ${words.tasksByTarget} AND transport = ?
    AND target IN (${these}) AND due_at <= ${now} ORDER BY target, due_at LIMIT ${limit}`;
  const [rows = []] = await select([{ sql, params: [transport, ...targets.map(({ target }) => target)] }]);
  const found = new Map<string, Required<DueTarget>>();
  for (const row of rows) {
    const target = String(row[0]);
    const { dueAt, count } = found.get(target) ?? { dueAt: Number(row[1]), count: 0 };
    found.set(target, { target, dueAt, count: count + 1 });
  }
  return [...found.values()];
}
