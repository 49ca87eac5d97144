import { afterEach, describe, expect, test } from '@jest/globals';
import { rounds } from '@resonate/testkit';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../processes/run-command.ts';
import { Spawned } from '../processes/spawned.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
/** Half a minute has about 11 faults. Each run has another seed, so a few runs of CI have every fault on every database. */
const MINUTES_EACH = rounds(0.5, 5);
/** Starting, draining and checking come on top of the load. */
const ENDED_WITHIN_MS = MINUTES_EACH * 60_000 + 240_000;
/** Whatever is under way is given up; a cluster that has only begun to start is waited for. */
const ENDED_AFTER_SIGNAL_MS = 90_000;
const SEED = process.env['TEST_SEED'] ?? String(Math.floor(Math.random() * 2 ** 31));
/** The seed chooses between MariaDB and MySQL. All three databases at once would take each other's time on 2 cores. */
const AT_ONCE = ['postgres', Number(SEED) % 2 === 0 ? 'mariadb' : 'mysql'] as const;
/** Also by the seed, Postgres is the newest one, or the system's with a standby that replaces its primary. */
const MORE = { postgres: Number(SEED) % 4 < 2 ? ['--failovers'] : [], mariadb: [], mysql: [] };

/** In the environment of all processes that these tests start, and of those that they start. */
const MARK = { TORTURE_TEST: randomUUID() };

function descendants(): string[] {
  return readdirSync('/proc')
    .filter(
      (entry) =>
        /^\d+$/.test(entry) && contentOf(`/proc/${entry}/environ`).includes(`TORTURE_TEST=${MARK.TORTURE_TEST}`),
    )
    .map((pid) => contentOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' '));
}

/** Empty when the process is gone by now. */
function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

describe('npm run torture', () => {
  const running: Spawned[] = [];

  // What it started ends with it.
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

  // At the same time: they spend much of it waiting.
  test(
    `finds nothing wrong with clusters on ${AT_ONCE.join(' and ')} in ${MINUTES_EACH} minutes each`,
    async () => {
      const outcomes = await Promise.all(AT_ONCE.map(outcome));
      expect(outcomes).toEqual(AT_ONCE.map(() => ({ code: 0, output: '' })));
    },
    ENDED_WITHIN_MS + 60_000,
  );

  test('ends with everything it started when it is interrupted', async () => {
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
