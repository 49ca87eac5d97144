import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startPostgresPair, startTcpProxy, type PostgresPair, type TcpProxy } from '@resonate/testkit';
import pg from 'pg';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';
import { lostOf, Writers } from './writers.ts';

const SERVERS = 2;
const WRITERS_EACH = 4;
const BACK_WITHIN_MS = 5_000;

const portOf = (url: string) => Number(new URL(url).port);

async function select(url: string, sql: string): Promise<string[][]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<string[]>({ text: sql, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

/** The number that the next transaction which writes will get. */
const nextTransaction = async (url: string) =>
  (await select(url, 'SELECT pg_snapshot_xmax(pg_current_snapshot())::text'))[0]?.[0];

/** Ends what clients have open on a server, so that all of them connect anew. */
const endConnections = (url: string) =>
  select(
    url,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
  );

describe.each(['a URL with both hosts', 'a TCP proxy'])(
  'a Postgres primary that is killed under load, with clients led to the new one by %s',
  (way) => {
    let pair: PostgresPair;
    let proxy: TcpProxy;
    let servers: ServerProcess[] = [];

    beforeAll(async () => {
      pair = await startPostgresPair();
      proxy = await startTcpProxy('127.0.0.1', portOf(pair.primary.url));
      const hosts =
        way === 'a TCP proxy'
          ? `127.0.0.1:${proxy.port}`
          : `127.0.0.1:${portOf(pair.primary.url)},127.0.0.1:${portOf(pair.standby.url)}`;
      const url = `postgres://postgres@${hosts}/postgres?target_session_attrs=read-write`;
      const storage = ['--storage-type', 'postgres', '--storage-postgres-url', url];
      servers = await Promise.all(Array.from({ length: SERVERS }, () => ServerProcess.start({ storage })));
    }, 120_000);

    afterAll(async () => {
      await Promise.all(servers.map((server) => server.dispose()));
      await proxy?.stop();
      await pair?.stop();
    }, 60_000);

    const created = async ({ url }: ServerProcess, id: string, timeoutAt: number) => {
      const client = new HttpClient(url);
      try {
        return (await client.rpc('promise.create', { id, timeoutAt })).status === 200;
      } finally {
        client.close();
      }
    };

    /** Resolves when every server knows that it has no database. */
    const unready = () =>
      Promise.all(
        servers.map(({ url }) =>
          until('503 of /ready', 20_000, async () => {
            const { status, body } = await fetch(`${url}/ready`);
            await body?.cancel();
            return status === 503;
          }),
        ),
      );

    test('loses nothing that was acknowledged, and is never written to when it comes back', async () => {
      const pids = servers.map(({ pid }) => pid);
      const writers = new Writers(
        servers.map(({ url }) => url),
        WRITERS_EACH,
      );
      const more = (count: number) => {
        const before = writers.acknowledged.length;
        return until(`${count} more writes`, 30_000, () => writers.acknowledged.length >= before + count);
      };
      await more(200);
      await pair.primary.kill9();
      await unready();

      await pair.promote();
      const promotedAt = performance.now();
      proxy.target.port = portOf(pair.standby.url);
      const backWithin = async (server: ServerProcess, index: number) => {
        await until('a write', 20_000, () => created(server, `back.${index}`, Date.now() + 500));
        return performance.now() - promotedAt;
      };
      for (const tookMs of await Promise.all(servers.map(backWithin))) expect(tookMs).toBeLessThan(BACK_WITHIN_MS);
      // Timers go on, too: somebody leads.
      const timedOut = "SELECT id FROM promises WHERE id LIKE 'back.%' AND state = 'rejected_timedout'";
      await until('the timeouts', 15_000, async () => (await select(pair.standby.url, timedOut)).length === SERVERS);
      expect(performance.now() - promotedAt).toBeLessThan(15_000);

      await pair.primary.restart();
      await pair.misleadFormer();
      const before = await nextTransaction(pair.primary.url);
      await more(100);
      await endConnections(pair.standby.url);
      await more(100);
      if (way === 'a TCP proxy') {
        // The proxy leads back to the former primary for a while.
        proxy.target.port = portOf(pair.primary.url);
        await endConnections(pair.standby.url);
        await unready();
        proxy.target.port = portOf(pair.standby.url);
        await more(100);
      }
      await writers.stop();
      expect(await nextTransaction(pair.primary.url)).toBe(before);

      const states = new Map(
        (await select(pair.standby.url, 'SELECT id, state FROM promises')).map(([id = '', state]) => [id, state]),
      );
      expect(await lostOf(writers.acknowledged, (id) => states.get(id))).toEqual([]);
      expect(servers.map(({ pid }) => pid)).toEqual(pids);
    }, 180_000);
  },
);
