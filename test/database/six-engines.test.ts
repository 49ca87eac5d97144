import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  checkLinearizability,
  freshMysqlDatabase,
  freshPostgresDatabase,
  mysqlForTests,
  postgresForTests,
  RequestGenerator,
  rounds,
  type HistoryEvent,
} from '@resonate/testkit';
import { TAG } from '@resonate/protocol';
import { Engine } from './engine.ts';

const ENGINES = 6;
const CLIENTS = 48;
/** Each round is a separate history on an empty database. Engines that decide without locks fail in the first round. */
const ROUNDS = rounds(1, 12);
/** Engines without locks must fail within this many rounds. */
const UNLOCKED_ROUNDS = 4;
const REQUESTS_PER_ROUND = 5_000;
/** Few ids, so that nearly every request concerns a row that another engine uses at the same time. */
const IDS = 8;
const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const REPLAY = `TEST_SEED=${SEED} npm test -- test/database/six-engines`;

/** Runs the clients. When a client's request is answered, it sends its next request to the next engine. */
async function record(engines: Engine[], seed: number, requests: number): Promise<HistoryEvent[]> {
  await engines[0]?.rpc('debug.reset', {});
  const generator = new RequestGenerator({ seed, startAt: Date.now(), idCount: IDS, timeless: true, invalidShare: 0 });
  const history: HistoryEvent[] = [];
  let sent = 0;
  const run = async (client: number): Promise<void> => {
    for (let turn = client; sent++ < requests; turn++) {
      const request = generator.next();
      const { kind } = request;
      const data = withoutBranches(request.data);
      const callAt = performance.now();
      const reply = await engines[turn % engines.length]?.rpc(kind, data);
      if (!reply) throw new Error('no engine');
      history.push({ client, callAt, returnAt: performance.now(), kind, data, reply });
      generator.observe(request, reply);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, index) => run(index)));
  return [...history, ...(await readAll(engines, history))];
}

/**
 * Without branches nothing is preloaded. A preload is read without locks, so it may miss a sibling that another engine
 * creates at that moment (docs/locking.md).
 */
function withoutBranches(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data), (key: string, value: unknown) => (key === TAG.branch ? undefined : value));
}

/** Reads the final state of every promise and task after all requests. A lost wake-up is visible here at the latest. */
async function readAll(engines: Engine[], history: HistoryEvent[]): Promise<HistoryEvent[]> {
  const ids = new Set<string>();
  for (const { data } of history)
    for (const [, id] of JSON.stringify(data).matchAll(/"id":"([^"]+)"/g)) ids.add(id ?? '');
  const reads: HistoryEvent[] = [];
  for (const id of ids) {
    for (const kind of ['promise.get', 'task.get']) {
      const callAt = performance.now();
      const reply = await engines[0]?.rpc(kind, { id });
      if (reply) reads.push({ client: CLIENTS, callAt, returnAt: performance.now(), kind, data: { id }, reply });
    }
  }
  return reads;
}

function verdictOf(history: HistoryEvent[]) {
  return checkLinearizability(history, { now: Date.now() });
}

describe.each([
  { type: 'postgres', server: postgresForTests, fresh: freshPostgresDatabase },
  { type: 'mysql', server: mysqlForTests, fresh: freshMysqlDatabase },
] as const)('six engines on one $type database', ({ type, server, fresh }) => {
  let database: { url: string; drop(): Promise<void> };
  let stop: () => Promise<void>;
  let engines: Engine[] = [];

  beforeAll(async () => {
    const started = await server();
    stop = started.stop;
    database = await fresh(started.url);
  }, 600_000);

  afterAll(async () => {
    engines.forEach((engine) => engine.stop());
    await database?.drop();
    await stop?.();
  }, 60_000);

  async function start(mode: 'locked' | 'unlocked'): Promise<void> {
    engines.forEach((engine) => engine.stop());
    // All at once, so that their migrations run at the same time.
    engines = await Promise.all(Array.from({ length: ENGINES }, () => Engine.start(type, database.url, mode)));
  }

  test(`answer ${ROUNDS * REQUESTS_PER_ROUND} concurrent requests about few ids as if they had arrived one after the other`, async () => {
    await start('locked');
    for (let round = 0; round < ROUNDS; round++) {
      const history = await record(engines, SEED + round, REQUESTS_PER_ROUND);
      const failed = history.filter(({ reply }) => (reply?.status ?? 500) >= 500);
      expect({ failed: failed.slice(0, 3), replay: REPLAY }).toEqual({ failed: [], replay: REPLAY });
      const { verdict, explanation } = verdictOf(history);
      expect({ round, verdict, explanation, replay: REPLAY }).toEqual({
        round,
        verdict: 'linearizable',
        explanation: '',
        replay: REPLAY,
      });
    }
  }, 600_000);

  test('fail this check if they decide without locks', async () => {
    await start('unlocked');
    const verdicts: string[] = [];
    for (let round = 0; round < UNLOCKED_ROUNDS && !verdicts.includes('violation'); round++) {
      verdicts.push(verdictOf(await record(engines, SEED + round, REQUESTS_PER_ROUND)).verdict);
    }
    expect({ verdicts, replay: REPLAY }).toMatchObject({ verdicts: expect.arrayContaining(['violation']) });
  }, 600_000);
});
