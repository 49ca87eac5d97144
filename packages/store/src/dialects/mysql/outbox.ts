import { list, NOW, quote, type Database } from '@resonate/drivers/mysql';
import type { Release } from '@resonate/machine';
import { TRANSPORTS, type Transport } from '@resonate/protocol';
import { dueListener, type OutboxSql } from '../../sql/outbox-sql.ts';
import { text } from '../../sql/read.ts';
import { complete } from '../../sql/statement.ts';
import { LISTENER_KEYS, TASKS } from '../../tables.ts';

/** Waiting messages, as the dispatch index of each table begins. */
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
  columns: LISTENER_KEYS.list(),
};
export const TASKS_WAITING: Waiting = {
  from: 'tasks FORCE INDEX (tasks_dispatch)',
  key: 'state',
  where: "state = 'pending'",
  columns: 'id',
};

/** How messages are found and locked. @param database for searches that take several statements. */
export function outboxOf(database: Database): OutboxSql {
  return {
    lockDue({ transport, targets, preferred, graceMs }) {
      const prefers = ['prefers IS NULL', `due_at <= ${NOW} - ${graceMs}`];
      if (preferred.length > 0) prefers.push(`prefers IN ${list(preferred)}`);
      const ready = `transport = ${quote(transport)} AND due_at <= ${NOW} AND (${prefers.join(' OR ')})`;
      const lock = (columns: string, { from, where }: Waiting) =>
        targets.map(({ target, limit }) =>
          complete(`SELECT ${columns} FROM ${from} WHERE ${where} AND ${ready} AND target = ${quote(target)}
            ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED`),
        );
      const alive = { ...TASKS_WAITING, where: `${TASKS_WAITING.where} AND timeout_at > ${NOW}` };
      return { listeners: lock(dueListener(), LISTENERS_WAITING), tasks: lock(TASKS.list(), alive) };
    },
    waiting: (transport, limit, after) =>
      earliest(transport, after === '' ? '' : `AND target > ${quote(after)}`, `LIMIT ${limit}`).map(complete),
    // Reads only the rows that it counts: the due messages of a target are neighbours in the index.
    countDue(transport, targets, limit) {
      const due = `transport = ${quote(transport)} AND target IN ${list(targets)} AND due_at <= ${NOW}`;
      return [LISTENERS_WAITING, TASKS_WAITING].map(({ from, where }) =>
        complete(`SELECT COUNT(*) FROM (SELECT 1 FROM ${from} WHERE ${where} AND ${due} LIMIT ${limit}) AS due`),
      );
    },
    nextDue: (transport, targets) => earliest(transport, `AND target IN ${list(targets)}`, '').map(complete),
    held: (release, limit) => held(database, release, limit),
  };
}

/**
 * The earliest message of each target. It groups by all first columns of the index, so that the server reads one entry per
 * target, however many messages wait: 2 ms for 25 targets with 30,000 messages, and 130 ms if grouped by `target` alone.
 */
function earliest(transport: Transport, which: string, limit: string): string[] {
  return [LISTENERS_WAITING, TASKS_WAITING].map(({ from, key, where }) => {
    const group = `${key}, transport, target`;
    return `SELECT target, MIN(due_at) FROM ${from} WHERE ${where} AND transport = ${quote(transport)} ${which}
      GROUP BY ${group} ORDER BY ${group} ${limit}`;
  });
}

/** How many queues one statement reads. */
const QUEUES_AT_ONCE = 100;

/** Reads only messages that are due later: claimed and delayed ones, not the backlog. */
async function held(
  database: Database,
  { processIds, since }: Release,
  limit: number,
): Promise<[tasks: unknown[][], listeners: unknown[][]]> {
  const transports = since ? TRANSPORTS.filter((transport) => transport === since.transport) : TRANSPORTS;
  const later = since ? `due_at > GREATEST(${NOW}, ${since.dueFrom - 1})` : `due_at > ${NOW}`;
  const ids = processIds && list([...processIds, null]);
  const theirs = ['claimed_by', 'deferred_by'].map((column) => `${column} ${ids ? `IN ${ids}` : 'IS NOT NULL'}`);
  const look = async ({ from, columns }: Waiting, queues: string[]): Promise<unknown[][]> => {
    const [found = []] = await database.run(
      `SELECT ${columns} FROM ${from} WHERE (${queues.join(' OR ')}) AND (${theirs.join(' OR ')}) LIMIT ${limit}`,
    );
    return found;
  };
  const targetsOf = await database.run(...transports.flatMap((transport) => earliest(transport, '', '')));
  const find = async (waiting: Waiting, kind: number) => {
    // Each condition is one range of the index.
    const queues = transports.flatMap((transport, index) =>
      (targetsOf[index * 2 + kind] ?? []).map(
        ([target]) =>
          `(${waiting.where} AND transport = ${quote(transport)} AND target = ${quote(text(target))} AND ${later})`,
      ),
    );
    const rows: unknown[][] = [];
    for (let first = 0; first < queues.length && rows.length < limit; first += QUEUES_AT_ONCE) {
      rows.push(...(await look(waiting, queues.slice(first, first + QUEUES_AT_ONCE))));
    }
    return rows;
  };
  return Promise.all([find(TASKS_WAITING, 1), find(LISTENERS_WAITING, 0)]);
}
