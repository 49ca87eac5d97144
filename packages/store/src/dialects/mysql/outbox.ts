import type { ListenerRow, TaskRow } from '@resonate/machine';
import { TRANSPORTS, type Transport } from '@resonate/protocol';
import { StoreUnavailable, type Claim, type Claimed, type ClaimsSince, type RecordedOutcome } from '../../dialect.ts';
import { ATTEMPTS_OF, attemptsOf } from '../../outbox/deferral.ts';
import { LISTENERS, PROMISES, readList, TASKS } from '../../tables.ts';
import { complete } from '../../sql/statement.ts';
import type { QueueSql } from '../server/dialect.ts';
import { RELEASED_AT_ONCE, type HeldClaim } from '../server/release.ts';
import { BEGIN, COMMIT, ConnectionLost, type Database, type Session } from './connection.ts';
import { list, quote } from './literal.ts';
import { NOW, pair } from './load.ts';

/** Where messages wait: what the dispatch index of each table begins with. */
interface Waiting {
  from: string;
  key: string;
  where: string;
  columns: string;
}
export const LISTENERS_WAITING: Waiting = {
  from: 'listeners FORCE INDEX (listeners_dispatch)',
  key: 'is_due',
  where: 'is_due = 1',
  columns: 'awaited, address',
};
export const TASKS_WAITING: Waiting = {
  from: 'tasks FORCE INDEX (tasks_dispatch)',
  key: 'state',
  where: "state = 'pending'",
  columns: 'id, version',
};

/** Locks what is due and hands it out in two round trips; what another process is just taking is passed over. */
export async function claim(session: Session, request: Claim): Promise<Claimed> {
  const { transport, targets, preferred, graceMs } = request;
  const prefers = ['prefers IS NULL', `due_at <= ${NOW} - ${graceMs}`];
  if (preferred.length > 0) prefers.push(`prefers IN ${list(preferred)}`);
  const due = `transport = ${quote(transport)} AND due_at <= ${NOW} AND (${prefers.join(' OR ')})`;
  const lock = ({ from, where }: Waiting, columns: string, target: string, limit: number) =>
    `SELECT ${columns} FROM ${from} WHERE ${where} AND ${due} AND target = ${quote(target)}
     ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED`;
  const alive = { ...TASKS_WAITING, where: `${TASKS_WAITING.where} AND timeout_at > ${NOW}` };
  const selects = targets.flatMap(({ target, limit }) => [
    lock(LISTENERS_WAITING, readList(LISTENERS), target, limit),
    lock(alive, readList(TASKS), target, limit),
  ]);
  const [, ...results] = await session.run(BEGIN, ...selects, `SELECT ${NOW}`);
  const now = results.pop()?.rows[0]?.[0] as number;
  const listeners: ListenerRow[] = [];
  const tasks: TaskRow[] = [];
  targets.forEach(({ limit }, index) => {
    // A listener's answer before new work: it ends something, work begins something.
    const found = results[index * 2]?.rows ?? [];
    listeners.push(...found.map((values) => LISTENERS.decode(values)));
    const left = Math.max(0, limit - found.length);
    tasks.push(...(results[index * 2 + 1]?.rows ?? []).slice(0, left).map((values) => TASKS.decode(values)));
  });
  if (listeners.length + tasks.length === 0) {
    // Waited for: rows that were looked at and left may stay locked until then, and the next claim would pass over them.
    await session.run(COMMIT);
    return { executes: [], unblocks: [] };
  }
  return handOut(session, request, now, listeners, tasks);
}

async function handOut(
  session: Session,
  { processId, retryTimeoutMs }: Claim,
  now: number,
  listeners: ListenerRow[],
  tasks: TaskRow[],
): Promise<Claimed> {
  const dueAt = now + retryTimeoutMs;
  // From left to right, each sees the ones before it: so the old `due_at` is read first.
  const set = (table: 'listeners' | 'tasks') => `enqueued_at = COALESCE(enqueued_at, due_at), due_at = ${dueAt},
    attempts = ${ATTEMPTS_OF[table]}, claimed_by = ${quote(processId)}`;
  const statements: string[] = [];
  if (listeners.length > 0) {
    const pairs = listeners.map(({ awaited, address }) => pair('awaited', awaited, 'address', address));
    statements.push(`UPDATE listeners FORCE INDEX (PRIMARY) SET ${set('listeners')} WHERE ${pairs.join(' OR ')}`);
  }
  if (tasks.length > 0) {
    const ids = list(tasks.map(({ id }) => id));
    statements.push(`UPDATE tasks FORCE INDEX (PRIMARY) SET ${set('tasks')} WHERE id IN ${ids}`);
  }
  // A settled promise changes no more, so it needs no lock.
  const awaited = list(listeners.length > 0 ? listeners.map((listener) => listener.awaited) : [null]);
  const promises = `SELECT ${readList(PROMISES)} FROM promises FORCE INDEX (PRIMARY) WHERE id IN ${awaited}`;
  const [settled] = await session.run(promises, ...statements, COMMIT).catch((error: unknown) => {
    // Perhaps it was committed. Done again, it would take others, and these would be out without anybody who has them.
    throw error instanceof ConnectionLost ? new StoreUnavailable(error.message) : error;
  });
  const byId = new Map(settled?.rows.map((values) => PROMISES.decode(values)).map((promise) => [promise.id, promise]));
  const taken = <Row extends ListenerRow | TaskRow>(row: Row): Row => {
    return { ...row, dueAt, enqueuedAt: row.enqueuedAt ?? row.dueAt, claimedBy: processId, attempts: attemptsOf(row) };
  };
  return {
    executes: tasks.map(taken),
    unblocks: listeners.flatMap((listener) => {
      const promise = byId.get(listener.awaited);
      return promise ? [{ listener: taken(listener), promise }] : [];
    }),
  };
}

/** In one round trip: deliveries that arrived go, those that failed become due when their outcome says. */
export async function acknowledge(
  database: Database,
  outcomes: readonly RecordedOutcome[],
  processId: string,
): Promise<void> {
  const mine = `claimed_by = ${quote(processId)}`;
  // One statement for all rows that become of the same.
  const rows = new Map<string, string[]>();
  for (const outcome of outcomes) {
    const table = outcome.kind === 'execute' ? 'tasks' : 'listeners';
    const from = `${table} FORCE INDEX (PRIMARY)`;
    const change = outcome.delivered
      ? `DELETE ${table} FROM ${from}`
      : `UPDATE ${from} SET due_at = ${outcome.dueAt}, claimed_by = NULL`;
    const row =
      outcome.kind === 'execute'
        ? `(id = ${quote(outcome.id)} AND version = ${outcome.version} AND state = 'pending')`
        : pair('awaited', outcome.awaited, 'address', outcome.address);
    rows.set(change, [...(rows.get(change) ?? []), row]);
  }
  const statements = Array.from(rows, ([change, keys]) => `${change} WHERE (${keys.join(' OR ')}) AND ${mine}`);
  await database.run(BEGIN, ...statements, COMMIT);
}

/**
 * The earliest message of each target. Grouped by all that the index begins with, so that the server seeks from target
 * to target, however many messages wait: 2 ms for 25 targets with 30,000 messages, 130 grouped by `target` alone.
 */
function earliest(transport: Transport, which: string, limit: string): string[] {
  return [LISTENERS_WAITING, TASKS_WAITING].map(({ from, key, where }) => {
    const group = `${key}, transport, target`;
    return `SELECT target, MIN(due_at) FROM ${from} WHERE ${where} AND transport = ${quote(transport)} ${which}
      GROUP BY ${group} ORDER BY ${group} ${limit}`;
  });
}

export const QUEUES: QueueSql = {
  waiting: (transport, limit, after) =>
    earliest(transport, after === '' ? '' : `AND target > ${quote(after)}`, `LIMIT ${limit}`).map(complete),
  // Looks at no more rows than it counts: in the index, what is due for a target lies together.
  countDue(transport, targets, limit) {
    const due = `transport = ${quote(transport)} AND target IN ${list(targets)} AND due_at <= ${NOW}`;
    return [LISTENERS_WAITING, TASKS_WAITING].map(({ from, where }) =>
      complete(`SELECT COUNT(*) FROM (SELECT 1 FROM ${from} WHERE ${where} AND ${due} LIMIT ${limit}) AS due`),
    );
  },
  nextDue: (transport, targets) => earliest(transport, `AND target IN ${list(targets)}`, '').map(complete),
};

/** So many queues are looked through in one statement. */
const QUEUES_AT_ONCE = 100;

/** In each queue what is due later: the claimed and the delayed, not the backlog. */
export async function heldClaims(
  database: Database,
  processIds: readonly string[] | null,
  since?: ClaimsSince,
): Promise<HeldClaim[]> {
  const transports = since ? [since.transport] : TRANSPORTS;
  const later = since ? `due_at > GREATEST(${NOW}, ${since.dueFrom - 1})` : `due_at > ${NOW}`;
  const claimed = processIds === null ? 'claimed_by IS NOT NULL' : `claimed_by IN ${list([...processIds, null])}`;
  const found: HeldClaim[] = [];
  const look = async (waiting: Waiting, queues: string[]) => {
    const [held] = await database.run(
      `SELECT ${NOW}, claimed_by, ${waiting.columns} FROM ${waiting.from} WHERE (${queues.join(' OR ')}) AND ${claimed}
       LIMIT ${RELEASED_AT_ONCE}`,
    );
    for (const [now, processId, ...keys] of held?.rows ?? []) {
      found.push({ processId: processId as string, outcome: givenBack(waiting, keys, now as number) });
    }
  };
  const queuesOf = await database.run(...transports.flatMap((transport) => earliest(transport, '', '')));
  for (const [kind, waiting] of [LISTENERS_WAITING, TASKS_WAITING].entries()) {
    // One range of the index each.
    const queues = transports.flatMap((transport, index) =>
      ((queuesOf[index * 2 + kind]?.rows ?? []) as [string, number][]).map(
        ([target]) => `(${waiting.where} AND ${pair('transport', transport, 'target', target)} AND ${later})`,
      ),
    );
    for (let first = 0; first < queues.length && found.length < RELEASED_AT_ONCE; first += QUEUES_AT_ONCE) {
      await look(waiting, queues.slice(first, first + QUEUES_AT_ONCE));
    }
  }
  return found;
}

function givenBack(waiting: Waiting, keys: unknown[], dueAt: number): RecordedOutcome {
  if (waiting === TASKS_WAITING) {
    const [id, version] = keys as [string, number];
    return { kind: 'execute', id, version, delivered: false, dueAt };
  }
  const [awaited, address] = keys as [string, string];
  return { kind: 'unblock', awaited, address, delivered: false, dueAt };
}
