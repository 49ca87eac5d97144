import mysql from 'mysql2/promise';
import pg from 'pg';
import type { Backing } from '../cluster/backing.ts';

type Row = Record<string, unknown>;

const BACKLOG = `SELECT (SELECT count(*) FROM tasks WHERE state = 'pending') AS tasks,
  (SELECT count(*) FROM listeners WHERE due_at IS NOT NULL) AS listeners`;

/** The messages that wait for delivery, read from the tables. Empty if there are none. */
export async function backlog(backing: Backing): Promise<string> {
  const [row] = await query(backing, BACKLOG);
  const [tasks, listeners] = [Number(row?.['tasks']), Number(row?.['listeners'])];
  return tasks + listeners === 0 ? '' : `${tasks} tasks, ${listeners} listeners`;
}

/** A readable list of what the database is doing now. */
export async function activity(backing: Backing): Promise<string> {
  const questions = isPostgres(backing)
    ? ['SELECT *, pg_blocking_pids(pid) FROM pg_stat_activity']
    : ['SHOW FULL PROCESSLIST', 'SHOW ENGINE INNODB STATUS'];
  const answers = [];
  for (const sql of questions) answers.push(await query(backing, sql));
  return JSON.stringify(answers, null, 1);
}

function isPostgres({ databaseUrl }: Backing): boolean {
  return databaseUrl.startsWith('postgres');
}

async function query(backing: Backing, sql: string): Promise<readonly Row[]> {
  if (!isPostgres(backing)) {
    const client = await mysql.createConnection(backing.databaseUrl);
    try {
      return (await client.query<mysql.RowDataPacket[]>(sql))[0];
    } finally {
      await client.end();
    }
  }
  const client = new pg.Client(backing.databaseUrl);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}
