import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from '../deploy/image.ts';
import { until } from '../processes/until.ts';
import { RESONATE } from '../processes/server-process.ts';
import { runCommand } from '../processes/run-command.ts';
import { metricOf, type TestCluster } from './cluster.ts';
import { createTask } from './requests.ts';
import { status, type RoleProcess } from './role-process.ts';

interface Shown {
  processes: { role: string; leader: boolean; version: string; startedAt: number; heartbeatAt: number }[];
}

/** Processes renew their row every second. A busy machine may need longer. */
const HEARTBEAT_WITHIN_MS = 15_000;
const ROLES = ['api', 'api', 'dispatcher', 'dispatcher', 'dispatcher', 'scheduler', 'scheduler'];

export function operationsTests(cluster: () => TestCluster): void {
  describe('operating a cluster', () => {
    test('resonate cluster shows all seven processes, the leader, and recent heartbeats', async () => {
      // A scheduler is ready before it is elected.
      await cluster().schedulers();
      const processes = await until('a leader is listed', 60_000, async () => {
        const { code, stdout } = await runCommand(RESONATE, ['cluster', '--server', cluster().url]);
        expect(code).toBe(0);
        const shown = (JSON.parse(stdout) as Shown).processes;
        return shown.some(({ leader }) => leader) && shown;
      });
      expect(processes.map(({ role }) => role).sort()).toEqual(ROLES);
      expect(processes.filter(({ leader }) => leader).map(({ role }) => role)).toEqual(['scheduler']);
      for (const { version, startedAt, heartbeatAt } of processes) {
        expect(version).toMatch(/^\d+\.\d+\.\d+/);
        expect(heartbeatAt).toBeGreaterThanOrEqual(startedAt);
        expect(Date.now() - heartbeatAt).toBeLessThan(HEARTBEAT_WITHIN_MS);
      }
    });

    test('every process serves /health, /ready and metrics with its role on its metrics port', async () => {
      for (const process of cluster().processes) {
        expect(await status(`${process.metricsUrl}/health`)).toBe(200);
        const ready = await fetch(`${process.metricsUrl}/ready`);
        expect({ status: ready.status, body: await ready.json() }).toEqual({
          status: 200,
          body: { ready: true, checks: { store: true } },
        });
        const metrics = await (await fetch(`${process.metricsUrl}/metrics`)).text();
        expect(metrics).toMatch(new RegExp(`^resonate_build_info\\{.*role="${process.role}".*\\} 1$`, 'm'));
        expect(await metricOf(process, 'process_resident_memory_bytes')).toBeGreaterThan(0);
      }
    });

    test('every dispatcher reports the same backlog, under the name that the autoscalers of deploy/k8s read', async () => {
      const before = await Promise.all(
        cluster()
          .of('dispatcher')
          .map((process) => backlogOf(process, 'poll')),
      );
      const waiting = 3;
      for (let index = 0; index < waiting; index++) await createTask(cluster().url, 'poll://any@nobody-is-here');
      const [wanted = 0] = before.map((count) => count + waiting);
      await until('all tell the same', 60_000, async () => {
        const counts = await Promise.all(
          cluster()
            .of('dispatcher')
            .map((process) => backlogOf(process, 'poll')),
        );
        return counts.every((count) => count === wanted);
      });
      for (const autoscaler of ['autoscaling', 'autoscaling-keda']) {
        const file = join(ROOT, `deploy/k8s/components/${autoscaler}/dispatcher.yaml`);
        expect(readFileSync(file, 'utf8')).toMatch(/\bresonate_backlog_messages\b/);
      }
    });

    test('only the apis log that requests need no token', () => {
      for (const process of cluster().processes) {
        const lines = process.logged('Auth disabled — all requests accepted');
        expect([process.role, lines.length > 0]).toEqual([process.role, process.role === 'api']);
      }
    });

    test('only the apis answer on the port of the API', async () => {
      for (const { role, url } of cluster().processes) {
        if (role === 'api') expect(await status(`${url}/health`)).toBe(200);
        else await expect(status(`${url}/health`)).rejects.toThrow('fetch failed');
      }
    });
  });
}

/** The backlog of one transport, as an autoscaler reads it. */
async function backlogOf(dispatcher: RoleProcess, transport: string): Promise<number> {
  const text = await (await fetch(`${dispatcher.metricsUrl}/metrics`)).text();
  const line = text.split('\n').find((text) => text.startsWith(`resonate_backlog_messages{transport="${transport}"} `));
  return Number(line?.split(' ')[1]);
}
