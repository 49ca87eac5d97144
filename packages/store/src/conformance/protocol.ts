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
/** Takes 27 s on an idle machine (MariaDB), over 300 s beside other suites on two cores. The limit is for a test that hangs. */
const TRACES_TIMEOUT_MS = 900_000;

/** On every database, the answers equal those of the public server and of the reference model. */
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
