import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { someOf } from '@resonate/testkit';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';
import { startMysqlFailingOver, startPostgresFailingOver, type FailingOver } from './failing-over.ts';
import { lostOf, Writers } from './writers.ts';

const SERVERS = 2;
const WRITERS_EACH = 4;
const BACK_WITHIN_MS = 5_000;

const PRIMARIES = [
  { primary: 'Postgres', way: 'a URL with both hosts', start: () => startPostgresFailingOver('hosts') },
  { primary: 'Postgres', way: 'a TCP proxy', start: () => startPostgresFailingOver('proxy') },
  { primary: 'MySQL', way: 'a TCP proxy', start: startMysqlFailingOver },
];

describe.each(someOf(PRIMARIES, 1))(
  'a primary of $primary that is killed under load, with clients that find the new one by $way',
  ({ start }) => {
    let database: FailingOver;
    let servers: ServerProcess[] = [];

    beforeAll(async () => {
      database = await start();
      const { storage } = database;
      servers = await Promise.all(Array.from({ length: SERVERS }, () => ServerProcess.start({ storage })));
    }, 180_000);

    afterAll(async () => {
      await Promise.all(servers.map((server) => server.dispose()));
      await database?.stop();
    }, 60_000);

    const create = async ({ url }: ServerProcess, id: string, timeoutAt: number) => {
      const client = new HttpClient(url);
      const reply = client.rpc('promise.create', { id, timeoutAt });
      return (await reply.finally(() => client.close())).status === 200;
    };

    /** Resolves when every server has noticed that the database cannot be reached. */
    const unready = () => {
      const isUnready = async (url: string) => {
        const { status, body } = await fetch(`${url}/ready`);
        await body?.cancel();
        return status === 503;
      };
      return Promise.all(servers.map(({ url }) => until('503 of /ready', 60_000, () => isUnready(url))));
    };

    /** The ms from the promotion until a server has written again. */
    const backAfter = async (server: ServerProcess, index: number, since: number) => {
      await until('a write', 60_000, () => create(server, `back.${index}`, Date.now() + 500));
      return performance.now() - since;
    };

    test('loses no acknowledged write, and gets no writes when it runs again', async () => {
      const pids = servers.map(({ pid }) => pid);
      const urls = servers.map(({ url }) => url);
      const writers = new Writers(urls, WRITERS_EACH);
      const more = (count: number) => {
        const before = writers.acknowledged.length;
        return until(`${count} more writes`, 60_000, () => writers.acknowledged.length >= before + count);
      };
      await more(200);
      await database.kill9();
      await unready();

      await database.promote();
      const promotedAt = performance.now();
      const back = await Promise.all(servers.map((server, index) => backAfter(server, index, promotedAt)));
      expect(Math.max(...back)).toBeLessThan(BACK_WITHIN_MS);
      // Timers fire too, because one of the servers leads.
      await until('the timeouts', 60_000, async () => {
        const states = await database.states();
        return servers.every((_, index) => states.get(`back.${index}`) === 'rejected_timedout');
      });

      await database.bringBack();
      const before = await database.writesOfFormer();
      await more(100);
      await database.disconnect();
      await more(100);
      if (database.leadTo) {
        database.leadTo('former');
        await database.disconnect();
        await unready();
        database.leadTo('new');
        await more(100);
      }
      await writers.stop();
      expect(await database.writesOfFormer()).toBe(before);

      const states = await database.states();
      expect(await lostOf(writers.acknowledged, (id) => states.get(id))).toEqual([]);
      expect(servers.map(({ pid }) => pid)).toEqual(pids);
    }, 480_000);
  },
);
