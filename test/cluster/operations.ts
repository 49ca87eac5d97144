import { describe, expect, test } from '@jest/globals';
import { RESONATE } from '../processes/server-process.ts';
import { runCommand } from '../processes/run-command.ts';
import { metricOf, type TestCluster } from './cluster.ts';
import { status } from './role-process.ts';

interface Shown {
  processes: { role: string; leader: boolean; version: string; startedAt: number; heartbeatAt: number }[];
}

const ROLES = ['api', 'api', 'dispatcher', 'dispatcher', 'dispatcher', 'scheduler', 'scheduler'];

export function operationsTests(cluster: () => TestCluster): void {
  describe('operating it', () => {
    test('resonate cluster shows all seven, who leads, and fresh heartbeats', async () => {
      const { code, stdout } = await runCommand(RESONATE, ['cluster', '--server', cluster().url]);
      expect(code).toBe(0);
      const { processes } = JSON.parse(stdout) as Shown;
      expect(processes.map(({ role }) => role).sort()).toEqual(ROLES);
      expect(processes.filter(({ leader }) => leader).map(({ role }) => role)).toEqual(['scheduler']);
      for (const { version, startedAt, heartbeatAt } of processes) {
        expect(version).toMatch(/^\d+\.\d+\.\d+/);
        expect(heartbeatAt).toBeGreaterThanOrEqual(startedAt);
        expect(Date.now() - heartbeatAt).toBeLessThan(5_000);
      }
    });

    test('every process lives, is ready and counts, each as its role, on its metrics port', async () => {
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

    test('only the apis answer on the port of the API', async () => {
      for (const { role, url } of cluster().processes) {
        if (role === 'api') expect(await status(`${url}/health`)).toBe(200);
        else await expect(status(`${url}/health`)).rejects.toThrow('fetch failed');
      }
    });
  });
}
