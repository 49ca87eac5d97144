import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '@resonate/testkit';
import { startBacking, type Backing } from '../cluster/backing.ts';
import { RoleProcess, type RoleName } from '../cluster/role-process.ts';
import { gone, lines, pids, settled, submit } from './scripts.ts';
import { scriptEnv } from './server.ts';

const LEASE_MS = 4_000;
/** Much shorter than a lease, and long enough on a busy machine. */
const AT_ONCE_MS = 2_000;

describe('two dispatchers that run scripts', () => {
  let folder: string;
  let backing: Backing | undefined;
  const processes: RoleProcess[] = [];
  let url = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'resonate-scripts-'));
    backing = await startBacking('postgres');
    const env = { ...backing.env, ...scriptEnv(folder), RESONATE_TASKS__LEASE_TIMEOUT: `${LEASE_MS}ms` };
    const roles: RoleName[] = ['api', 'scheduler', 'dispatcher', 'dispatcher'];
    const started = await Promise.allSettled(roles.map((role) => RoleProcess.start(role, env)));
    for (const result of started) {
      if (result.status === 'rejected') throw result.reason;
      processes.push(result.value);
    }
    url = processes[0]?.url ?? '';
  }, 90_000);

  afterEach(() => Promise.all(processes.map((process) => process.heal())));

  afterAll(async () => {
    await Promise.all(processes.map((process) => process.dispose()));
    await backing?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts a script that never ends and has a child process. When it is run for the second time it ends at once. */
  async function start(target: string) {
    const log = join(mkdtempSync(join(folder, 'log-')), 'pids');
    const script = `echo $$ >> ${log}; if [ $(wc -l < ${log}) -gt 2 ]; then echo "again by $PPID"; exit; fi
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

  async function runsAgain(id: string, log: string, withinMs: number): Promise<void> {
    expect((await settled(url, id, withinMs)).value.data).toMatch(/^again by/);
    expect(lines(log)).toHaveLength(3);
  }

  test.each(['bash://', 'bash://docker/alpine'])(
    'a script for %s ends with its dispatcher that is killed with -9; the other one runs it when the lease expires',
    async (target) => {
      const { id, log, running, dispatcher } = await start(target);
      await dispatcher.kill9();
      await Promise.all(running.map((pid) => gone(pid, AT_ONCE_MS)));
      await runsAgain(id, log, LEASE_MS + 3_000);
    },
  );

  test('a script whose dispatcher is stopped ends, and the other one runs it at once', async () => {
    const { id, log, running, dispatcher } = await start('bash://');
    expect(await dispatcher.terminate()).toBe(0);
    expect(running.filter(isAlive)).toEqual([]);
    await runsAgain(id, log, AT_ONCE_MS);
  });

  test('a script whose dispatcher is frozen ends before its lease does, so it never runs twice at the same time', async () => {
    const { id, log, running, dispatcher } = await start('bash://');
    dispatcher.freeze();
    await Promise.all(running.map((pid) => gone(pid, LEASE_MS)));
    expect(lines(log)).toHaveLength(2);
    await runsAgain(id, log, LEASE_MS + 3_000);
  });
});

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}
