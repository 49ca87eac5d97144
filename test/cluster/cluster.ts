import { freePort } from '../processes/free-port.ts';
import { until } from '../processes/until.ts';
import { startLoadBalancer, type LoadBalancer } from '../deploy/load-balancer.ts';
import { startBacking, type Backing, type DatabaseName } from './backing.ts';
import { RoleProcess, type RoleName } from './role-process.ts';

/** Longer than the default, so that a test can tell a wake-up from a regular poll. */
export const POLL_INTERVAL_MS = 1_000;

const SETTINGS = { RESONATE_MESSAGES__POLL_INTERVAL: `${POLL_INTERVAL_MS}ms` };

interface ProcessShown {
  id: string;
  role: string;
  leader: boolean;
  heartbeatAt: number;
}

const ALL_ROLES: readonly RoleName[] = [
  ...(['api', 'api', 'scheduler', 'scheduler'] as const),
  ...(['dispatcher', 'dispatcher', 'dispatcher'] as const),
];

/** Two apis behind a load balancer and other roles, as processes. */
export class TestCluster {
  readonly backing: Backing;
  readonly processes: readonly RoleProcess[];
  readonly #balancer: LoadBalancer;

  private constructor(backing: Backing, processes: readonly RoleProcess[], balancer: LoadBalancer) {
    this.backing = backing;
    this.processes = processes;
    this.#balancer = balancer;
  }

  /**
   * @param roles default: two apis, two schedulers, three dispatchers.
   * @param settings further environment of all processes.
   */
  static async start(
    database: DatabaseName,
    roles: readonly RoleName[] = ALL_ROLES,
    settings: Record<string, string> = {},
  ): Promise<TestCluster> {
    const backing = await startBacking(database);
    const env = { ...SETTINGS, ...settings, ...backing.env };
    // All at once, as an orchestrator does: they migrate the empty database together.
    const started = await Promise.allSettled(roles.map((role) => RoleProcess.start(role, env)));
    const processes = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failed = started.find((result) => result.status === 'rejected');
    if (failed) {
      for (const process of processes) await process.dispose();
      await backing.stop();
      throw failed.reason;
    }
    const ports = processes.filter(({ role }) => role === 'api').map(({ url }) => Number(new URL(url).port));
    return new TestCluster(backing, processes, await startLoadBalancer(await freePort(), ports));
  }

  /** Where clients reach the apis, whichever of them runs. */
  get url(): string {
    return this.#balancer.url;
  }

  get apis(): readonly [RoleProcess, RoleProcess] {
    const [first, second] = this.of('api');
    if (!first || !second) throw new Error('this cluster has fewer than two apis');
    return [first, second];
  }

  of(role: RoleName): RoleProcess[] {
    return this.processes.filter((process) => process.role === role);
  }

  /** The running processes, as the cluster itself lists them. */
  async shown(): Promise<ProcessShown[]> {
    const answer = await fetch(`${this.url}/cluster`, { signal: AbortSignal.timeout(30_000) });
    return ((await answer.json()) as { processes: ProcessShown[] }).processes;
  }

  /** The scheduler that leads, and the standby. */
  async schedulers(): Promise<{ leader: RoleProcess; standby: RoleProcess }> {
    const all = this.of('scheduler');
    return until('one scheduler leads, one stands by', 60_000, () => {
      const leader = all.find((scheduler) => scheduler.isRunning && scheduler.leads);
      const standby = all.find((scheduler) => scheduler.isRunning && !scheduler.leads);
      return leader && standby && { leader, standby };
    });
  }

  /** Starts or thaws every process that a test has stopped, killed or frozen. */
  async heal(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.heal()));
  }

  /** The sum of a metric over all processes of a role and all labels. */
  async counted(role: RoleName, metric: string): Promise<number> {
    const values = await Promise.all(this.of(role).map((process) => metricOf(process, metric)));
    return values.reduce((sum, value) => sum + value, 0);
  }

  async stop(): Promise<void> {
    await this.#balancer.stop();
    await Promise.all(this.processes.map((process) => process.dispose()));
    await this.backing.stop();
  }
}

/** The sum of a metric's values on one process. */
export async function metricOf(process: RoleProcess, metric: string): Promise<number> {
  const text = await (await fetch(`${process.metricsUrl}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${metric} `) || line.startsWith(`${metric}{`));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
