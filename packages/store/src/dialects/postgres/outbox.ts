import type { Claim, Claimed, ClaimsSince, RecordedOutcome } from '../../dialect.ts';
import { LISTENERS, PROMISES, readList, TASKS, type SqlValue } from '../../tables.ts';
import type { QueueSql } from '../server/dialect.ts';
import type { Connections } from './connections.ts';
import { ATTEMPTS_OF } from '../../outbox/deferral.ts';
import { array } from './load.ts';
import { RELEASED_AT_ONCE, type ClaimHolder, type HeldClaim } from '../server/release.ts';
import type { Prepared, Query } from './pipeline.ts';

const ready = (table: string) => `${table}.transport = $1 AND ${table}.target = wanted.target
    AND ${table}.due_at <= (SELECT now FROM clock) AND (${table}.prefers IS NULL
      OR ${table}.due_at <= (SELECT now FROM clock) - $4::bigint OR ${table}.prefers = ANY($3::text[]))`;
const taken = (table: 'listeners' | 'tasks') => `due_at = (SELECT now FROM clock) + $6::bigint, claimed_by = $5,
    attempts = ${ATTEMPTS_OF[table]}, enqueued_at = COALESCE(${table}.enqueued_at, ${table}.due_at)`;

/**
 * Per target the listeners that are due, then the tasks for which room is left: a listener's answer ends something,
 * work begins something. A row that somebody else has locked is passed over.
 */
const CLAIM = `
WITH clock AS MATERIALIZED (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now),
wanted AS MATERIALIZED (SELECT target, room FROM json_to_recordset($2) AS wanted(target text, room bigint)),
due_listeners AS MATERIALIZED (
  SELECT l.* FROM wanted CROSS JOIN LATERAL (
    SELECT listeners.awaited, listeners.address, listeners.target FROM listeners WHERE ${ready('listeners')}
    ORDER BY due_at LIMIT wanted.room FOR UPDATE SKIP LOCKED) AS l),
due_tasks AS MATERIALIZED (
  SELECT k.* FROM wanted CROSS JOIN LATERAL (
    SELECT tasks.id FROM tasks
    WHERE state = 'pending' AND timeout_at > (SELECT now FROM clock) AND ${ready('tasks')}
    ORDER BY due_at
    LIMIT wanted.room - (SELECT count(*) FROM due_listeners WHERE due_listeners.target = wanted.target)
    FOR UPDATE SKIP LOCKED) AS k),
listeners_taken AS (
  UPDATE listeners SET ${taken('listeners')} FROM due_listeners due, promises p
  WHERE listeners.awaited = due.awaited AND listeners.address = due.address AND p.id = due.awaited
  RETURNING listeners.enqueued_at, json_build_array(${readList(LISTENERS, 'listeners')}) AS listener,
    json_build_array(${readList(PROMISES, 'p')}) AS promise),
tasks_taken AS (
  UPDATE tasks SET ${taken('tasks')} FROM due_tasks due WHERE tasks.id = due.id
  RETURNING tasks.enqueued_at, json_build_array(${readList(TASKS, 'tasks')}) AS task)
SELECT enqueued_at, task, NULL AS listener, NULL AS promise FROM tasks_taken
UNION ALL SELECT enqueued_at, NULL, listener, promise FROM listeners_taken ORDER BY enqueued_at`;

/** From target to target along the index, one step each, however many messages wait. */
const waiting = (from: string) => {
  const next = (condition: string) =>
    `(SELECT target, due_at FROM ${from} AND transport = $1 ${condition} ORDER BY target, due_at LIMIT 1)`;
  return `WITH RECURSIVE walk AS (${next('AND target > $3')} UNION ALL
    SELECT n.target, n.due_at FROM walk CROSS JOIN LATERAL ${next('AND target > walk.target')} AS n)
    SELECT target, due_at FROM walk LIMIT $2::bigint`;
};
const TASKS_WAITING = "tasks WHERE state = 'pending'";
const LISTENERS_WAITING = 'listeners WHERE due_at IS NOT NULL';
const earliest = (
  from: string,
) => `SELECT wanted.name, first.due_at FROM unnest($2::text[]) AS wanted(name) CROSS JOIN LATERAL
    (SELECT due_at FROM ${from} AND transport = $1 AND target = wanted.name ORDER BY due_at LIMIT 1) AS first`;
/** Looks at no more rows than it counts: in the index, what is due for a target lies together. */
const countDue = (from: string) => `SELECT count(*) FROM (
    SELECT 1 FROM unnest($2::text[]) AS wanted(name) CROSS JOIN LATERAL (SELECT 1 FROM ${from} AND transport = $1
      AND target = wanted.name AND due_at <= (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
      LIMIT $3::bigint) AS one LIMIT $3::bigint) AS due`;

/**
 * The rows that are still as they were told, locked in the order of their keys, with what is to become of them. Looked
 * up one by one: a plain join may be turned round and go through all that is pending, and so may one that an index over the
 * state can serve.
 */
const MY_TASKS = `SELECT told.id, told.again_at FROM
    (SELECT * FROM json_to_recordset($1) AS told(id text, version bigint, again_at bigint) ORDER BY id COLLATE "C") AS told
    CROSS JOIN LATERAL (SELECT 1 FROM tasks WHERE tasks.id = told.id AND tasks.version = told.version
      AND least(tasks.state) = 'pending' AND tasks.claimed_by = $2 FOR UPDATE) AS mine`;
const MY_LISTENERS = `SELECT told.awaited, told.address, told.again_at FROM
    (SELECT * FROM json_to_recordset($1) AS told(awaited text, address text, again_at bigint)
      ORDER BY awaited COLLATE "C", address COLLATE "C") AS told
    CROSS JOIN LATERAL (SELECT 1 FROM listeners WHERE listeners.awaited = told.awaited
      AND listeners.address = told.address AND listeners.claimed_by = $2 FOR UPDATE) AS mine`;
const SAME_LISTENER = 'listeners.awaited = mine.awaited AND listeners.address = mine.address';

/**
 * From queue to queue along the index, in each what is due later: the claimed and the delayed, not the backlog. (The
 * inner limit keeps the planner from turning it into a join that begins with all that waits.)
 */
const held = (from: string, columns: string) => {
  const next = (condition: string) =>
    `(SELECT transport, target FROM ${from} ${condition} ORDER BY transport, target LIMIT 1)`;
  return `WITH RECURSIVE
    clock AS MATERIALIZED (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now),
    queues AS (${next('')} UNION ALL SELECT n.transport, n.target FROM queues CROSS JOIN LATERAL
      ${next('AND (transport, target) > (queues.transport, queues.target)')} AS n)
    SELECT (SELECT now FROM clock), claimed.* FROM queues CROSS JOIN LATERAL (SELECT claimed_by, ${columns} FROM ${from}
      AND transport = queues.transport AND target = queues.target AND due_at > greatest((SELECT now FROM clock), $2::bigint - 1) AND ($3::text IS NULL OR transport = $3)
      AND (claimed_by = ANY($1::text[]) OR $1 IS NULL AND claimed_by IS NOT NULL) LIMIT ${RELEASED_AT_ONCE}) AS claimed LIMIT ${RELEASED_AT_ONCE}`;
};

/**
 * The rest of the transaction waits for no disk. A crash may take a claim or an acknowledgement, and then the message goes
 * out again, as it may anyway. What a claim hands out is on disk: others see a batch only when it is, and whoever is
 * promised something that rests on a claim waits for a commit that comes later in the log.
 */
export const UNSYNCED: Query = { name: 'unsynced' };

export const OUTBOX_STATEMENTS: Prepared[] = [
  { name: 'unsynced', text: "SELECT set_config('synchronous_commit', 'off', true)" },
  { name: 'held_tasks', text: held(TASKS_WAITING, 'id, version') },
  { name: 'held_listeners', text: held(LISTENERS_WAITING, 'awaited, address') },
  { name: 'claim', text: CLAIM },
  { name: 'tasks_waiting', text: waiting(TASKS_WAITING) },
  { name: 'listeners_waiting', text: waiting(LISTENERS_WAITING) },
  { name: 'next_task', text: earliest(TASKS_WAITING) },
  { name: 'next_listener', text: earliest(LISTENERS_WAITING) },
  { name: 'count_due_tasks', text: countDue(TASKS_WAITING) },
  { name: 'count_due_listeners', text: countDue(LISTENERS_WAITING) },
  {
    name: 'defer_tasks',
    text: `WITH mine AS MATERIALIZED (${MY_TASKS})
      UPDATE tasks SET due_at = mine.again_at, claimed_by = NULL FROM mine WHERE tasks.id = mine.id`,
  },
  {
    name: 'settle_listeners',
    text: `WITH mine AS MATERIALIZED (${MY_LISTENERS}), deferred AS (
        UPDATE listeners SET due_at = mine.again_at, claimed_by = NULL
        FROM mine WHERE ${SAME_LISTENER} AND mine.again_at IS NOT NULL)
      DELETE FROM listeners USING mine WHERE ${SAME_LISTENER} AND mine.again_at IS NULL`,
  },
];

const ofBoth = (sql: (from: string) => string, ...params: SqlValue[]) =>
  [TASKS_WAITING, LISTENERS_WAITING].map((from) => ({ sql: sql(from), params }));

export const QUEUES: QueueSql = {
  waiting: (transport, limit, after) => ofBoth(waiting, transport, limit, after),
  countDue: (transport, targets, limit) => ofBoth(countDue, transport, array(targets), limit),
  nextDue: (transport, targets) => ofBoth(earliest, transport, array(targets)),
};

/** The outbox side of the Postgres dialect: claims and what became of them. Rows are locked in the order of their keys. */
export class Outbox implements ClaimHolder {
  readonly #connections: Connections;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  async claim(claim: Claim): Promise<Claimed> {
    const { transport, targets, preferred, graceMs, processId, retryTimeoutMs } = claim;
    const wanted = JSON.stringify(targets.map(({ target, limit }) => ({ target, room: limit })));
    const values = [transport, wanted, array(preferred), String(graceMs), processId, String(retryTimeoutMs)];
    const [, rows = []] = await this.#connections.run([UNSYNCED, { name: 'claim', values }]);
    const claimed: Claimed = { executes: [], unblocks: [] };
    const parsed = (json: string | null | undefined) => JSON.parse(json ?? '[]') as unknown[];
    for (const [, task, listener, promise] of rows) {
      if (task) claimed.executes.push(TASKS.decode(parsed(task)));
      else
        claimed.unblocks.push({
          listener: LISTENERS.decode(parsed(listener)),
          promise: PROMISES.decode(parsed(promise)),
        });
    }
    return claimed;
  }

  async acknowledge(outcomes: readonly RecordedOutcome[], processId: string): Promise<void> {
    const tasks: unknown[] = [];
    const listeners: unknown[] = [];
    for (const outcome of outcomes) {
      const again_at = 'dueAt' in outcome ? outcome.dueAt : null;
      if (outcome.kind === 'execute') tasks.push({ id: outcome.id, version: outcome.version, again_at });
      else listeners.push({ awaited: outcome.awaited, address: outcome.address, again_at });
    }
    const queries: Query[] = [UNSYNCED];
    if (tasks.length > 0) queries.push({ name: 'defer_tasks', values: [JSON.stringify(tasks), processId] });
    if (listeners.length > 0)
      queries.push({ name: 'settle_listeners', values: [JSON.stringify(listeners), processId] });
    if (queries.length > 1) await this.#connections.run(queries);
  }

  async heldClaims(processIds: readonly string[] | null, since?: ClaimsSince): Promise<HeldClaim[]> {
    const values = [processIds && array(processIds), String(since?.dueFrom ?? 0), since?.transport ?? null];
    const queries = ['held_tasks', 'held_listeners'].map((name) => ({ name, values }));
    const [tasks = [], listeners = []] = (await this.#connections.read(queries)) as string[][][];
    return [
      ...tasks.map(([now, processId = '', id = '', version]) => ({
        processId,
        outcome: { kind: 'execute', id, version: Number(version), delivered: false, dueAt: Number(now) } as const,
      })),
      ...listeners.map(([now, processId = '', awaited = '', address = '']) => ({
        processId,
        outcome: { kind: 'unblock', awaited, address, delivered: false, dueAt: Number(now) } as const,
      })),
    ];
  }
}
