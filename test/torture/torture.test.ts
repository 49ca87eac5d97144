import { afterEach, describe, expect, test } from '@jest/globals';
import { rounds, someOf } from '@resonate/testkit';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../processes/run-command.ts';
import { Spawned } from '../processes/spawned.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
/** There are about 9 faults in 24 s. Each run has another seed, so after some runs of CI every fault was tried on every database. */
const MINUTES_EACH = rounds(0.4, 5);
/** The time limit also covers start, drain and checks. */
const ENDED_WITHIN_MS = MINUTES_EACH * 60_000 + 240_000;
/** All work is aborted at once. Only the start of a cluster is waited for. */
const ENDED_AFTER_SIGNAL_MS = 90_000;
const SEED = process.env['TEST_SEED'] ?? String(Math.floor(Math.random() * 2 ** 31));
/** A run of CI uses one of the databases. On 2 cores, two at once would slow each other down. */
const DATABASES = someOf(['postgres', 'mariadb', 'mysql'] as const, 1);
/** The seed also decides whether Postgres is the newest version, or the system's version with a standby and failovers. */
const MORE = { postgres: Number(SEED) % 4 < 2 ? ['--failovers'] : [], mariadb: [], mysql: [] };

/** This variable is in the environment of all processes that these tests start, and of their children. */
const MARK = { TORTURE_TEST: randomUUID() };

function descendants(): string[] {
  return readdirSync('/proc')
    .filter(
      (entry) =>
        /^\d+$/.test(entry) && contentOf(`/proc/${entry}/environ`).includes(`TORTURE_TEST=${MARK.TORTURE_TEST}`),
    )
    .map((pid) => contentOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' '));
}

/** Empty if the process has ended. */
function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

describe('npm run torture', () => {
  const running: Spawned[] = [];

  // A torture process that is stopped stops the processes that it has started.
  afterEach(async () => {
    await Promise.all(running.splice(0).map((torture) => torture.terminate(ENDED_AFTER_SIGNAL_MS)));
  }, 2 * ENDED_AFTER_SIGNAL_MS);

  function start(...args: string[]): Spawned {
    const torture = new Spawned(process.execPath, [MAIN, ...args], MARK);
    running.push(torture);
    return torture;
  }

  async function outcome(database: keyof typeof MORE): Promise<{ code: number | null; output: string }> {
    const options = ['--minutes', String(MINUTES_EACH), '--seed', SEED, ...MORE[database]];
    const torture = start('--database', database, ...options);
    const late = setTimeout(() => void torture.kill9(), ENDED_WITHIN_MS);
    const { code } = await torture.exited;
    clearTimeout(late);
    console.log(torture.output(200));
    return { code, output: code === 0 ? '' : torture.output(200) };
  }

  test.each(DATABASES)(
    `finds nothing wrong with a cluster on %s in ${MINUTES_EACH} minutes`,
    async (database) => {
      expect(await outcome(database)).toEqual({ code: 0, output: '' });
    },
    ENDED_WITHIN_MS + 60_000,
  );

  test('ends all processes that it started when it is interrupted', async () => {
    const torture = start('--minutes', '5', '--seed', SEED, '--database', 'mariadb');
    await torture.line('a fault', (line) => /^\d.* s: /.test(line), 120_000);
    expect(descendants().length).toBeGreaterThan(10);
    const { code } = await torture.terminate(ENDED_AFTER_SIGNAL_MS, 'SIGINT');
    expect(code).toBe(130);
    expect(descendants()).toEqual([]);
  }, 240_000);

  test('refuses a wrong command line', async () => {
    const { code, stderr } = await runCommand(process.execPath, [MAIN, '--minutes', '0']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('usage: npm run torture') });
  });
});
