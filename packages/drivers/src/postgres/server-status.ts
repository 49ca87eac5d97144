import pg from 'pg';
import { endsConnection } from './errors.ts';

/** What a server says about itself. */
export interface ServerStatus {
  /** It is a replica: it refuses writes, and its rows may be old. */
  isStandby: boolean;
  /** It refuses writes: it is a standby, or it was made read-only, for example because its disk is full. */
  isReadOnly: boolean;
  /** Its timeline in the history of the database; null if the server does not tell it. */
  timeline: Timeline | null;
}

/** Each promotion begins a timeline with the next number. So of two primaries, the one with the lower number is old. */
export interface Timeline {
  /** The same for all copies of one database. */
  system: string;
  number: number;
}

const PLAIN = `SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'`;
/** From the name of the current WAL file: the control file has the new timeline only after the first checkpoint. */
const TIMELINE = `CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END`;
const DETAILED = `${PLAIN}, system_identifier::text, ${TIMELINE} FROM pg_control_system()`;

type Row = [boolean, boolean, string?, (string | null)?];

/** @throws when the connection breaks. */
export async function statusOf(client: pg.Client): Promise<ServerStatus> {
  const [isStandby, isReadOnly, system, timeline] = await ask(client, DETAILED).catch((error: unknown) => {
    // Refused by compatible servers without these functions, and for accounts that may not call them. Then timelines are not checked.
    if (error instanceof pg.DatabaseError && !endsConnection(error)) return ask(client, PLAIN);
    throw error;
  });
  return { isStandby, isReadOnly, timeline: system && timeline ? { system, number: parseInt(timeline, 16) } : null };
}

async function ask(client: pg.Client, text: string): Promise<Row> {
  const { rows } = await client.query<Row>({ text, rowMode: 'array' });
  const [row] = rows;
  if (!row) throw new Error('the server returned no row for pg_is_in_recovery()');
  return row;
}
