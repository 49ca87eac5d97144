import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBacking, type Backing } from '../cluster/backing.ts';
import { RoleProcess, type RoleName } from '../cluster/role-process.ts';
import { gone, lines, pids, settled, submit } from './scripts.ts';
import { scriptEnv } from './server.ts';

const LEASE_MS = 12_000;
/**
 * The process that guards scripts kills them when its input ends, as it does when the dispatcher dies, or otherwise when no
 * line has arrived for 5.6 s of this lease. It gets a line every second.
 */
const AT_ONCE_MS = 4_000;
/** A lease has more than this time left, because it is renewed after a third of its length. */
const RELEASED_WITHIN_MS = LEASE_MS / 2;

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

describe('two dispatchers that run scripts', () => {
  let folder: string;
  let backing: Backing | undefined;
  const processes: RoleProcess[] = [];
  let url = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'resonate-scripts-'));
    backing = await startBacking('postgres');
    const env = { ...backing.env, ...scriptEnv(folder, LEASE_MS) };
    const roles: RoleName[] = ['api', 'scheduler', 'dispatcher', 'dispatcher'];
    const started = await Promise.allSettled(roles.map((role) => RoleProcess.start(role, env)));
    for (const result of started) {
      if (result.status === 'rejected') throw result.reason;
      processes.push(result.value);
    }
    url = processes[0]?.url ?? '';
  }, 120_000);

  afterEach(() => Promise.all(processes.map((process) => process.heal())));

  afterAll(async () => {
    await Promise.all(processes.map((process) => process.dispose()));
    await backing?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /**
   * Starts a script that never ends and has a child process. When it is run for the second time it ends at once, and says
   * which processes of its first run still run. The parent of a process that was killed may not have noticed that yet.
   */
  async function start(target: string) {
    const log = join(mkdtempSync(join(folder, 'log-')), 'pids');
    const script = `echo $$ >> ${log}; if [ $(wc -l < ${log}) -gt 2 ]; then
        for pid in $(head -2 ${log}); do grep -qs '^State:.[^ZX]' /proc/$pid/status && echo "beside $pid"; done
        echo "again by $PPID"; exit; fi
      sleep 1000 & echo $! >> ${log}; trap '' TERM; wait; sleep 1000`;
    const id = await submit(url, script, { target });
    const running = await pids(log, 2);
    return { id, log, running, dispatcher: dispatcherOf(running[0] ?? 0) };
  }

  /** The dispatcher that a process descends from. */
  function dispatcherOf(pid: number): RoleProcess {
    for (let ancestor = pid; ancestor > 1; ancestor = parentOf(ancestor)) {
      const environment = readFileSync(`/proc/${ancestor}/environ`, 'utf8').split('\0');
      const isIts = ({ metricsUrl }: RoleProcess) =>
        environment.includes(`RESONATE_OBSERVABILITY__METRICS_PORT=${new URL(metricsUrl).port}`);
      const found = processes.find(isIts);
      if (found) return found;
    }
    throw new Error(`process ${pid} does not descend from a dispatcher`);
  }

  /** The output of the second run of a script, and how many processes its runs have logged. */
  async function secondRun(id: string, log: string, withinMs?: number): Promise<[output: string, logged: number]> {
    const { value } = await settled(url, id, withinMs);
    return [value.data ?? '', lines(log).length];
  }

  /** Nothing of the first run ran beside the second run, and there is no third run. */
  const RAN_ONCE_MORE = [expect.stringMatching(/^again by \d+$/), 3];

  test.each(['bash://', 'bash://docker/alpine'])(
    'a script for %s ends with its dispatcher that is killed with -9; the other one runs it when the lease expires',
    async (target) => {
      const { id, log, running, dispatcher } = await start(target);
      await dispatcher.kill9();
      await Promise.all(running.map((pid) => gone(pid, AT_ONCE_MS)));
      expect(await secondRun(id, log)).toEqual(RAN_ONCE_MORE);
    },
  );

  test('a script whose dispatcher is stopped ends, and the other one runs it at once', async () => {
    const { id, log, running, dispatcher } = await start('bash://');
    expect(await dispatcher.terminate()).toBe(0);
    expect(await secondRun(id, log, RELEASED_WITHIN_MS)).toEqual(RAN_ONCE_MORE);
    await Promise.all(running.map((pid) => gone(pid)));
  });

  test('a script whose dispatcher is frozen ends before its lease does, so it never runs twice at the same time', async () => {
    const { id, log, running, dispatcher } = await start('bash://');
    dispatcher.freeze();
    expect(await secondRun(id, log)).toEqual(RAN_ONCE_MORE);
    await Promise.all(running.map((pid) => gone(pid)));
  });
});

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}
