import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openDialect, type StorageTarget } from '@resonate/store';
import { freshPostgresDatabase, postgresForTests, someOf } from '@resonate/testkit';
import { join } from 'node:path';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';

const FAR_AWAY = 4_102_444_800_000;
const KILLS = 3;
const SMALL = 40;
const CALLEES = 4;
const LARGE = 'large';
/** So many that some are left for the last round, even if a busy machine is slow to notice how many are deleted. */
const LARGE_CALLEES = 2_000;
/** The server is killed after it has deleted this many. */
const DELETED_BEFORE_KILL = 60;
const WITHIN_MS = 180_000;
const RETENTION = ['--retention-after', '2s', '--retention-interval', '100ms', '--retention-batch-size', '10'];

interface Case {
  storage: readonly string[] | undefined;
  target(server: ServerProcess): StorageTarget;
}

const LIMITS = { poolSize: 1, connectTimeoutMs: 10_000, statementTimeoutMs: 30_000, election: 'advisory' } as const;

let databases: Awaited<ReturnType<typeof postgresForTests>>;
beforeAll(async () => {
  databases = await postgresForTests();
});
afterAll(() => databases?.stop());

const CASES: Record<string, () => Promise<Case>> = {
  SQLite: async () => ({
    storage: undefined,
    target: ({ directory }) => ({ type: 'sqlite', path: join(directory, 'resonate.db') }),
  }),
  Postgres: async () => {
    const { url } = await freshPostgresDatabase(databases.url);
    return {
      storage: ['--storage-type', 'postgres', '--storage-postgres-url', url],
      target: () => ({ type: 'postgres', url, ...LIMITS }),
    };
  },
};

async function create(client: HttpClient, id: string, origin: string): Promise<void> {
  const tags = { 'resonate:origin': origin, 'resonate:parent': origin, kind: 'test' };
  expect((await client.rpc('promise.create', { id, timeoutAt: FAR_AWAY, tags })).status).toBe(200);
}

/** Creates call graphs that may be deleted, and one that may not. */
async function fill(url: string): Promise<void> {
  const client = new HttpClient(url, 16);
  const sizes = Array.from({ length: SMALL }, (_, index) => [`small${index}`, CALLEES] as const);
  const ids = [...sizes, [LARGE, LARGE_CALLEES] as const].flatMap(([origin, callees]) => [
    { id: origin, origin },
    ...Array.from({ length: callees }, (_, index) => ({ id: `${origin}.${index}`, origin })),
  ]);
  await Promise.all(ids.map(({ id, origin }) => create(client, id, origin)));
  await Promise.all([create(client, 'alive', 'alive'), create(client, 'alive.1', 'alive')]);
  const settled = [...ids.map(({ id }) => id), 'alive.1'];
  await Promise.all(settled.map((id) => client.rpc('promise.settle', { id, state: 'resolved' })));
  client.close();
}

async function deleted({ metricsUrl }: ServerProcess): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  return Number(/^resonate_retention_deleted_total (\d+)/m.exec(text)?.[1] ?? 0);
}

/** The content of the store while the server does not run: ids by origin, and the removals that have begun. */
async function contents(target: StorageTarget) {
  const dialect = await openDialect(target, Date.now);
  try {
    const graphs = new Map<string, string[]>();
    for (const { id, tags } of (await dialect.dump()).promises) {
      const origin = tags['resonate:origin'] ?? id;
      graphs.set(origin, [...(graphs.get(origin) ?? []), id]);
    }
    const [removals = [], tagged = []] = await dialect.plain.select([
      { sql: 'SELECT origin FROM removals', params: [] },
      { sql: 'SELECT promise_id FROM promise_tags', params: [] },
    ]);
    return { graphs, removals: removals.map(([origin]) => String(origin)), tagged: tagged.length };
  } finally {
    await dialect.close();
  }
}

describe.each(someOf(Object.keys(CASES), 1))('retention on %s', (name) => {
  test(`continues after each of ${KILLS} kills with -9 and leaves no incomplete call graph`, async () => {
    const { storage, target } = await CASES[name]!();
    const server = await ServerProcess.start({ args: RETENTION, ...(storage ? { storage } : {}) });
    try {
      await fill(server.url);
      for (let kill = 0; kill < KILLS; kill++) {
        await until('promises are deleted', WITHIN_MS, async () => (await deleted(server)) >= DELETED_BEFORE_KILL);
        await server.kill9();
        const { graphs, removals, tagged } = await contents(target(server));
        for (const [origin, ids] of graphs) {
          if (origin.startsWith('small')) expect([origin, ids.length]).toEqual([origin, CALLEES + 1]);
          // Only a graph in the table of removals may be incomplete, and its root is deleted last.
          if (origin === LARGE && ids.length <= LARGE_CALLEES) expect(removals).toEqual([LARGE]);
          expect(ids).toContain(origin);
        }
        expect(tagged).toBe([...graphs.values()].flat().length);
        await server.restart();
      }
      const client = new HttpClient(server.url);
      await until('all that may go is gone', WITHIN_MS, async () => {
        const { data } = await client.rpc('promise.search', { limit: 100 });
        return (data as { promises: unknown[] }).promises.length === 2;
      });
      client.close();
      await server.stop();
      const { graphs, removals } = await contents(target(server));
      expect([...graphs]).toEqual([['alive', ['alive', 'alive.1']]]);
      expect(removals).toEqual([]);
    } finally {
      await server.dispose();
    }
  }, 600_000);
});
