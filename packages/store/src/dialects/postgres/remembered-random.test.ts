import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import {
  freshPostgresDatabase,
  Random,
  rounds,
  runDifferential,
  startPostgres,
  type TestDatabase,
  type TestServer,
} from '@resonate/testkit';
import { send, SERVER_URL, settle, storeOn } from '../../conformance/under-test.ts';
import { PostgresDialect } from './dialect.ts';

const STEPS = 1_500;
/** Later than today, so that no promise is near its timeout by the database's clock. */
const START_AT = 4_000_000_000_000;
/** After this time wrong assumptions are forgotten. */
const JUMP_MS = 10_001;
const OPTIONS = { poolSize: 2, connectTimeoutMs: 30_000, statementTimeoutMs: 30_000 };

let server: TestServer;
let database: TestDatabase;
let dialects: PostgresDialect[];

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

beforeEach(async () => {
  database = await freshPostgresDatabase(server.url);
  dialects = ['one', 'two'].map(() => new PostgresDialect({ ...OPTIONS, url: database.url }));
  await dialects[0]?.migrate();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(dialects.map((dialect) => dialect.close()));
  await database.drop();
});

const given = process.env['SEED'];
const first = Math.floor(Date.now() / 1000);
const seeds = given ? [Number(given)] : Array.from({ length: rounds(1, 10) }, (_, round) => first + round);

test.each(seeds)(
  'two processes that remember rows take turns, and answer as the reference model does (seed %i)',
  async (seed) => {
    const random = new Random(seed);
    const stores = dialects.map((dialect, index) => storeOn(dialect, `process ${index}`));
    let jumped = 0;
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + jumped);
    let inOneTrip = 0;
    await runDifferential({
      seed,
      steps: STEPS,
      subject: {
        async handle(kind, data, now) {
          const turn = random.chance(0.3) ? 1 : 0;
          const [store, dialect] = [stores[turn], dialects[turn]];
          if (!store || !dialect) throw new Error('there are two processes');
          // A batch that changes nothing reads the clock.
          jumped += JUMP_MS;
          await send(store, 'promise.settle', settle('of nobody'), START_AT);
          await dialect.now();
          const before = dialect.traffic.roundTrips;
          const reply = await send(store, kind, data, now);
          const isWrite = /create|settle|fence|fulfill|heartbeat|suspend/.test(kind);
          if (isWrite && reply.status === 200 && dialect.traffic.roundTrips - before === 1) inOneTrip++;
          return reply;
        },
      },
      generator: { startAt: START_AT },
      replayCommand: `SEED=${seed} npm test -- packages/store/src/dialects/postgres/remembered-random`,
      model: { serverUrl: SERVER_URL },
    });
    expect(inOneTrip).toBeGreaterThan(50);
  },
  300_000,
);
