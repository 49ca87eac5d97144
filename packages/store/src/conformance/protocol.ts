import { describe, expect, test } from '@jest/globals';
import {
  describeTraceDifference,
  readTraces,
  replay,
  rounds,
  runDifferential,
  type TraceDifference,
} from '@resonate/testkit';
import type { Store } from '../store.ts';
import type { Dialect } from '../dialect.ts';
import { openForAll, send, SERVER_URL, type DialectUnderTest } from './under-test.ts';

const STEPS = 1_500;
/** 27 s on a still machine (MariaDB), over 300 beside other suites on two cores: a limit for what hangs, no measure of speed. */
const TRACES_TIMEOUT_MS = 900_000;

/** Whatever the database, the answers are the public server's and the reference model's. */
export function protocolConformance(under: DialectUnderTest): void {
  describe('answers', () => {
    let dialect: Dialect;
    let store: Store;
    openForAll(under, (opened) => ({ dialect, store } = opened));

    test(
      'are those of the recorded traffic',
      async () => {
        const found: TraceDifference[] = [];
        const { takesTrace = () => true } = under;
        for (const trace of readTraces().filter((_, number) => takesTrace(number))) {
          await dialect.reset();
          found.push(...(await replay(trace, (kind, data, now) => send(store, kind, data, now))));
        }
        expect(found.map(describeTraceDifference)).toEqual([]);
      },
      TRACES_TIMEOUT_MS,
    );

    const given = process.env['SEED'];
    const first = Math.floor(Date.now() / 1000);
    const seeds = given ? [Number(given)] : Array.from({ length: rounds(1, 10) }, (_, round) => first + round);
    test.each(seeds)(
      'are those of the reference model for random requests (seed %i)',
      async (seed) => {
        const report = await runDifferential({
          seed,
          steps: STEPS,
          subject: { handle: (kind, data, now) => send(store, kind, data, now) },
          replayCommand: `SEED=${seed} npm test -- packages/store/src/dialects/${dialect.name}`,
          model: { serverUrl: SERVER_URL },
        });
        expect(report.snaps).toBeGreaterThan(10);
      },
      TRACES_TIMEOUT_MS,
    );
  });
}
