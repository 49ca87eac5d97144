import type { SqlValue } from '@resonate/drivers';
import type { Prepared } from '@resonate/drivers/postgres';
import { LISTENER_KEYS, TASKS } from '../../tables.ts';
import { dueListener, type OutboxSql } from '../../sql/outbox-sql.ts';
import type { Statement } from '../../sql/statement.ts';
import { array, WORDS } from './words.ts';

const { tasksByTarget: TASKS_WAITING, listenersByTarget: LISTENERS_WAITING } = WORDS;

/** The clock, epoch ms. */
export const CLOCK_MS = 'floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint';

/** Messages that may be claimed: $1 transport, $2 targets with limits, $3 preferred connections, $4 the grace for these, ms. */
const ready = (table: string) => `${table}.transport = $1 AND ${table}.target = wanted.target
    AND ${table}.due_at <= (SELECT now FROM clock) AND (${table}.prefers IS NULL
      OR ${table}.due_at <= (SELECT now FROM clock) - $4::bigint OR ${table}.prefers = ANY($3::text[]))`;
/** Of each target the oldest messages, in the order of the index. Rows that another transaction has locked are skipped. */
const lockDue = (columns: string, table: string, waiting: string) => `
  WITH clock AS MATERIALIZED (SELECT ${CLOCK_MS} AS now),
  wanted AS MATERIALIZED (SELECT target, room FROM json_to_recordset($2) AS wanted(target text, room bigint))
  SELECT due.* FROM wanted CROSS JOIN LATERAL (SELECT ${columns} FROM ${waiting}
    AND ${ready(table)} ORDER BY due_at LIMIT wanted.room FOR UPDATE SKIP LOCKED) AS due`;
/**
 * With `=`, a plan that is made while the tables are empty uses an index that begins with another column. With an array of
 * one id and an order by id, it uses the primary key.
 */
const AWAITED = 'p.id = ANY(ARRAY[listeners.awaited]) ORDER BY p.id LIMIT 1';
const LOCK_DUE = {
  listeners: lockDue(dueListener(AWAITED), 'listeners', LISTENERS_WAITING),
  tasks: lockDue(TASKS.list(), 'tasks', `${TASKS_WAITING} AND timeout_at > (SELECT now FROM clock)`),
};

/** Reads one index entry per target, however many messages wait. */
const waiting = (from: string) => {
  const next = (condition: string) =>
    `(SELECT target, due_at FROM ${from} AND transport = $1 ${condition} ORDER BY target, due_at LIMIT 1)`;
  return `WITH RECURSIVE walk AS (${next('AND target > $3')} UNION ALL
    SELECT n.target, n.due_at FROM walk CROSS JOIN LATERAL ${next('AND target > walk.target')} AS n)
    SELECT target, due_at FROM walk LIMIT $2::bigint`;
};
const earliest = (
  from: string,
) => `SELECT wanted.name, first.due_at FROM unnest($2::text[]) AS wanted(name) CROSS JOIN LATERAL
    (SELECT due_at FROM ${from} AND transport = $1 AND target = wanted.name ORDER BY due_at LIMIT 1) AS first`;
/** Reads only the rows that it counts: the due messages of a target are neighbours in the index. */
const countDue = (from: string) => `SELECT count(*) FROM (
    SELECT 1 FROM unnest($2::text[]) AS wanted(name) CROSS JOIN LATERAL (SELECT 1 FROM ${from} AND transport = $1
      AND target = wanted.name AND due_at <= (SELECT ${CLOCK_MS})
      LIMIT $3::bigint) AS one LIMIT $3::bigint) AS due`;

/**
 * Walks the index from queue to queue, and reads only messages that are due later: claimed and delayed ones, not the
 * backlog. The inner limit prevents a join that begins with all waiting messages. ORDER BY names the order of the index
 * that is to be used.
 */
const held = (from: string, columns: string) => {
  const next = (condition: string) =>
    `(SELECT transport, target FROM ${from} ${condition} ORDER BY transport, target LIMIT 1)`;
  const theirs = ['claimed_by', 'deferred_by'].map(
    (column) => `${column} = ANY($1::text[]) OR $1 IS NULL AND ${column} IS NOT NULL`,
  );
  return `WITH RECURSIVE
    clock AS MATERIALIZED (SELECT ${CLOCK_MS} AS now),
    queues AS (${next('')} UNION ALL SELECT n.transport, n.target FROM queues CROSS JOIN LATERAL
      ${next('AND (transport, target) > (queues.transport, queues.target)')} AS n)
    SELECT theirs.* FROM queues CROSS JOIN LATERAL (SELECT ${columns} FROM ${from}
      AND transport = queues.transport AND target = queues.target
      AND due_at > greatest((SELECT now FROM clock), $2::bigint - 1) AND ($3::text IS NULL OR transport = $3)
      AND ($5::int = 0 AND (${theirs[0]}) OR ${theirs[1]}) ORDER BY due_at LIMIT $4::bigint) AS theirs LIMIT $4::bigint`;
};

const HELD = { tasks: held(TASKS_WAITING, 'id'), listeners: held(LISTENERS_WAITING, LISTENER_KEYS.list()) };

export const OUTBOX_STATEMENTS: Prepared[] = [
  { name: 'unsynced', text: "SELECT set_config('synchronous_commit', 'off', true)" },
  { name: 'held_tasks', text: HELD.tasks },
  { name: 'held_listeners', text: HELD.listeners },
  { name: 'lock_due_listeners', text: LOCK_DUE.listeners },
  { name: 'lock_due_tasks', text: LOCK_DUE.tasks },
  { name: 'tasks_waiting', text: waiting(TASKS_WAITING) },
  { name: 'listeners_waiting', text: waiting(LISTENERS_WAITING) },
  { name: 'next_task', text: earliest(TASKS_WAITING) },
  { name: 'next_listener', text: earliest(LISTENERS_WAITING) },
  { name: 'count_due_tasks', text: countDue(TASKS_WAITING) },
  { name: 'count_due_listeners', text: countDue(LISTENERS_WAITING) },
];

const ofBoth = (sql: (from: string) => string, ...params: SqlValue[]) =>
  [TASKS_WAITING, LISTENERS_WAITING].map((from) => ({ sql: sql(from), params }));

/** How messages are found and locked. @param select runs statements that only read. */
export function outboxOf(select: (statements: Statement[]) => Promise<unknown[][][]>): OutboxSql {
  return {
    lockDue({ transport, targets, preferred, graceMs }) {
      const wanted = JSON.stringify(targets.map(({ target, limit }) => ({ target, room: limit })));
      const params = [transport, wanted, array(preferred), graceMs];
      return { listeners: [{ sql: LOCK_DUE.listeners, params }], tasks: [{ sql: LOCK_DUE.tasks, params }] };
    },
    waiting: (transport, limit, after) => ofBoth(waiting, transport, limit, after),
    countDue: (transport, targets, limit) => ofBoth(countDue, transport, array(targets), limit),
    nextDue: (transport, targets) => ofBoth(earliest, transport, array(targets)),
    async held({ processIds, since, only }, limit) {
      const ids = processIds && array(processIds);
      const params = [ids, since?.dueFrom ?? 0, since?.transport ?? null, limit, only === 'deferred' ? 1 : 0];
      const [tasks = [], listeners = []] = await select([
        { sql: HELD.tasks, params },
        { sql: HELD.listeners, params },
      ]);
      return [tasks, listeners];
    },
  };
}
