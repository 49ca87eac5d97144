import { isForOneConnection, type Transport } from '@resonate/protocol';
import type { Dialect, WaitingTarget } from '../dialect.ts';

/** The number of targets in one round trip. SQLite reads them on the event loop. */
const PAGE = 200;
/** The maximum number of targets. Each takes one seek in an index, even if nothing is due for it. */
const MAX_TARGETS = 10_000;

/** The messages of one transport that are due and not claimed. */
export interface Backlog {
  /** Messages, counted up to the limit. */
  count: number;
  /** For how long the oldest one has been due; 0 without any. */
  ageMs: number;
  /** The targets with the oldest messages. */
  targets: { target: string; count: number; ageMs: number }[];
}

/** A target with messages that are due. */
interface DueTarget extends WaitingTarget {
  /** How many messages, counted up to the limit; undefined: not counted yet. */
  count?: number;
}

/**
 * Counts up to `limit` messages, and also separately those of the `named` targets with the oldest messages. It reads at most
 * twice `limit` rows. An `unblock` for one connection (`poll://uni@`) is not counted: if its client is gone, no other
 * process can take the message, and it is dropped soon (`DeadLetters.dropAbsent`).
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

/**
 * The targets that have due tasks, each with the number of its due tasks (up to `limit` for all targets together) and the due
 * time of its earliest one. Listeners do not count.
 */
async function dueTasks(
  dialect: Dialect,
  transport: Transport,
  targets: readonly WaitingTarget[],
  now: number,
  limit: number,
): Promise<Required<DueTarget>[]> {
  if (targets.length === 0 || limit <= 0) return [];
  const { words, select } = dialect.plain;
  const these = words.among(
    'target',
    targets.map(({ target }) => target),
  );
  const sql = `SELECT target, due_at FROM ${words.tasksByTarget} AND transport = ?
    AND ${these.sql} AND due_at <= ${now} ORDER BY target, due_at LIMIT ${limit}`;
  const [rows = []] = await select([{ sql, params: [transport, ...these.params] }]);
  const found = new Map<string, Required<DueTarget>>();
  for (const row of rows) {
    const target = String(row[0]);
    const { dueAt, count } = found.get(target) ?? { dueAt: Number(row[1]), count: 0 };
    found.set(target, { target, dueAt, count: count + 1 });
  }
  return [...found.values()];
}
