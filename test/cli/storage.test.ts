import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { FAR_FUTURE } from '../http/state.ts';
import { EventStream } from '../processes/event-stream.ts';
import { freePort } from '../processes/free-port.ts';
import { HttpClient } from '../processes/http-client.ts';
import { runCommand } from '../processes/run-command.ts';
import { RESONATE, ServerProcess } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(300_000);
/**
 * The thread that copies the log has a low priority. While other tests run, it gets about 1 % of a processor.
 */
const WRITTEN_BACK_WITHIN_MS = 240_000;

const MEBIBYTE = 1024 * 1024;
/** When the log has this many pages, it is copied into the database file. */
const LONG_LOG = 16_000;

/** Creates answered before the server is killed. */
const ANSWERED = 500;

let server: ServerProcess;

afterEach(() => server?.dispose());

interface LogLine {
  level: string;
  msg: string;
  error?: { message: string };
}

interface Failure {
  path: string;
  apiPort?: number;
  metricsPort?: number;
}

/** Runs a server that fails to start. @returns its exit code and the last line of its log. */
async function failedStart({ path, apiPort, metricsPort }: Failure): Promise<{ code: number | null; last: LogLine }> {
  const ports = { api: apiPort ?? (await freePort()), metrics: metricsPort ?? (await freePort()) };
  const { code, stdout } = await runCommand(RESONATE, [
    'serve',
    ...['--server-bind', '127.0.0.1', '--server-port', String(ports.api)],
    ...['--observability-metrics-port', String(ports.metrics), '--storage-sqlite-path', path],
  ]);
  return { code, last: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as LogLine };
}

function message(part: string) {
  return { level: 'error', msg: 'could not start', error: { message: expect.stringContaining(part) } };
}

describe('a server that cannot start', () => {
  test('because another one uses its file: says so and ends with code 1, and the other one keeps running', async () => {
    server = await ServerProcess.start();
    const path = join(server.directory, 'resonate.db');
    const { code, last } = await failedStart({ path });
    expect(code).toBe(1);
    expect(last).toMatchObject(message('another server is using it'));
    expect(last).toMatchObject(message(path));
    const client = new HttpClient(server.url);
    expect(await client.rpc('promise.create', { id: 'a', timeoutAt: FAR_FUTURE })).toMatchObject({ status: 200 });
    client.close();
  });

  test('because its port is in use: names the port and ends with code 1', async () => {
    server = await ServerProcess.start();
    const taken = Number(new URL(server.url).port);
    const path = join(server.directory, 'other.db');
    const api = await failedStart({ path, apiPort: taken });
    expect(api.code).toBe(1);
    expect(api.last).toMatchObject(message(`${taken} (server.port)`));
    const metrics = await failedStart({ path, metricsPort: taken });
    expect(metrics.code).toBe(1);
    expect(metrics.last).toMatchObject(message('observability.metrics_port'));
  });

  test('because its file is not a database of this server: says so and ends with code 1', async () => {
    server = await ServerProcess.start({ command: 'dev' });
    const garbage = join(server.directory, 'garbage.db');
    await writeFile(garbage, 'this is no database. '.repeat(100));
    const broken = await failedStart({ path: garbage });
    expect(broken.code).toBe(1);
    expect(broken.last).toMatchObject(message('not a database'));
    const missing = await failedStart({ path: join(server.directory, 'missing/resonate.db') });
    expect(missing.code).toBe(1);
    expect(missing.last).toMatchObject(message('missing/resonate.db'));
  });
});

describe('a server killed with -9', () => {
  test('still has every answered create after its restart', async () => {
    server = await ServerProcess.start();
    const answered: string[] = [];
    const client = new HttpClient(server.url, 8);
    let isKilled = false;
    const createUntilKilled = async (name: number): Promise<void> => {
      for (let count = 0; !isKilled; count++) {
        const id = `client-${name}-${count}`;
        const create = client.rpc('promise.create', { id, timeoutAt: FAR_FUTURE, param: { data: id } });
        // The last create of each client gets no answer, so its promise may exist or not.
        const answer = await create.catch(() => undefined);
        if (answer?.status === 200) answered.push(id);
        if (answered.length === ANSWERED && !isKilled) {
          isKilled = true;
          await server.kill9();
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, index) => createUntilKilled(index)));
    expect(answered.length).toBeGreaterThanOrEqual(ANSWERED);

    await server.restart();
    const found = await Promise.all(
      answered.map(async (id) => {
        const { data } = await client.rpc('promise.get', { id });
        return (data as { promise?: { param: { data: string } } }).promise?.param.data;
      }),
    );
    expect(found).toEqual(answered);
    client.close();
  });

  test('fires at its next start the timers that became due meanwhile', async () => {
    server = await ServerProcess.start();
    const client = new HttpClient(server.url);
    // Long enough for the requests below on a busy machine.
    const timeoutAt = Date.now() + 10_000;
    const sleeper = { id: 'sleeper', timeoutAt: FAR_FUTURE, tags: { 'resonate:target': 'poll://any@sleepers' } };
    await client.rpc('promise.create', { id: 'sleep', timeoutAt, tags: { 'resonate:timer': 'true' } });
    await client.rpc('promise.create', sleeper);
    await client.rpc('task.acquire', { id: 'sleeper', version: 0, pid: 'p', ttl: 3_600_000 });
    const action = { kind: 'promise.register_callback', head: {}, data: { awaited: 'sleep', awaiter: 'sleeper' } };
    const suspended = await client.rpc('task.suspend', { id: 'sleeper', version: 1, actions: [action] });
    expect(suspended).toMatchObject({ status: 200 });
    await server.kill9();
    await until('the sleep is over', 60_000, () => Date.now() > timeoutAt);
    await server.restart();
    const stream = await EventStream.open(server.url, '/poll/sleepers/any');
    expect(await stream.next()).toMatchObject({ kind: 'execute', data: { task: { id: 'sleeper', version: 1 } } });
    stream.break();
    client.close();
  });
});

describe('a server whose disk fails', () => {
  /** Reads SQLite's index of the log: the number of the last page, and how many pages were copied into the database file. */
  async function logPages(): Promise<{ last: number; copied: number }> {
    const index = await readFile(join(server.directory, 'resonate.db-shm'));
    return { last: index.readUInt32LE(16), copied: index.readUInt32LE(96) };
  }

  test('says so and ends with code 1', async () => {
    server = await ServerProcess.start();
    const client = new HttpClient(server.url);
    const create = (id: string) =>
      client.rpc('promise.create', { id, timeoutAt: FAR_FUTURE, param: { data: 'x'.repeat(MEBIBYTE) } });
    let hasEnded = false;
    const ended = server.ended().finally(() => (hasEnded = true));
    // If the log was copied before it was damaged, the next round fills it again.
    for (let round = 0; !hasEnded; round++) {
      let count = 0;
      do {
        expect(await create(`${round}-${count++}`)).toMatchObject({ status: 200 });
      } while ((await logPages()).last < LONG_LOG);
      await until('the log is written back', WRITTEN_BACK_WITHIN_MS, async () => {
        // Until the next write extends the file, reading the log is a disk I/O error. The server writes each second.
        await truncate(join(server.directory, 'resonate.db-wal'), MEBIBYTE);
        const { last, copied } = await logPages();
        return hasEnded || copied === last;
      });
    }
    expect(await ended).toBe(1);
    expect(server.output(5)).toContain('the database failed; this process exits and must be restarted');
    expect(server.output(5)).toContain("the database's log could not be written back: disk I/O error");
    client.close();
  });
});
