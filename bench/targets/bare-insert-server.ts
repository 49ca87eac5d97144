/**
 * The minimum that a durable create needs: parses each request, inserts one row for it, and answers. Requests that wait
 * at the same time share a transaction, which is synced. There are no checks, no rules, no index except the key, and no
 * second table. Arguments: `sqlite PATH` or `postgres URL`.
 */
import { createServer, type ServerResponse } from 'node:http';
import { fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import pg from 'pg';
import { announcePort } from './announce-port.ts';

interface Create {
  kind: string;
  head: { corrId: string; version: string };
  data: { id: string; timeoutAt: number; param: unknown; tags: unknown };
}

interface Waiting {
  request: Create;
  response: ServerResponse;
}

type Insert = (creates: readonly Create[]) => Promise<void>;

const TABLE = `CREATE TABLE bare
  (id TEXT PRIMARY KEY, state TEXT, param TEXT, value TEXT, tags TEXT, timeout_at BIGINT, created_at BIGINT)`;
const BATCHES_IN_FLIGHT = 2;

const row = ({ data: { id, param, tags, timeoutAt } }: Create) =>
  [id, 'pending', JSON.stringify(param), '{}', JSON.stringify(tags), timeoutAt, Date.now()] as const;

function sqlite(path: string): Insert {
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  database.exec(TABLE);
  const log = openSync(`${path}-wal`, 'r');
  const insert = database.prepare('INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?, ?)');
  const insertAll = database.transaction((creates: readonly Create[]) => {
    for (const create of creates) insert.run(row(create));
  });
  return async (creates) => {
    insertAll.immediate(creates);
    await promisify(fdatasync)(log);
  };
}

async function postgres(url: string): Promise<Insert> {
  const pool = new pg.Pool({ connectionString: url, max: BATCHES_IN_FLIGHT });
  await pool.query(TABLE);
  const text = `INSERT INTO bare SELECT value->>0, value->>1, value->>2, value->>3, value->>4,
    (value->>5)::bigint, (value->>6)::bigint FROM json_array_elements($1)`;
  return async (creates) => {
    await pool.query({ name: 'insert', text, values: [JSON.stringify(creates.map(row))] });
  };
}

const [kind, where = ''] = process.argv.slice(2);
const insert = kind === 'sqlite' ? sqlite(where) : await postgres(where);
let waiting: Waiting[] = [];
let inFlight = 0;

async function next(): Promise<void> {
  if (waiting.length === 0 || inFlight >= BATCHES_IN_FLIGHT) return;
  inFlight++;
  const batch = waiting;
  waiting = [];
  await insert(batch.map(({ request }) => request));
  for (const { request, response } of batch) {
    const promise = { ...request.data, state: 'pending', value: {}, createdAt: Date.now() };
    const { corrId, version } = request.head;
    const body = JSON.stringify({ kind: request.kind, head: { corrId, status: 200, version }, data: { promise } });
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    response.writeHead(200, headers).end(body);
  }
  inFlight--;
  void next();
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    waiting.push({ request: JSON.parse(Buffer.concat(chunks).toString()) as Create, response });
    setImmediate(() => void next());
  });
});
announcePort(server);
