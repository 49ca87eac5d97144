import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerProcess } from '../processes/server-process.ts';
import { TensorlakeStandIn } from './tensorlake-stand-in.ts';

/** If the server stands still for nearly half of a lease, its scripts are killed. A busy machine may stand still for a second. */
export const LEASE_MS = 6_000;
export const MAX_RUNNING = 3;
export const MAX_OUTPUT = 100_000;
/** A variable that scripts must get. */
export const PASSED = { name: 'JAVA_HOME', value: '/opt/some-java' };
/** Values that no script may get. */
export const SECRETS = ['hunter2', 'hunter3', 'hunter4', 'tensorlake-hunter5'];

const STAND_IN = fileURLToPath(new URL('stand-in', import.meta.url));

/** What a process that runs scripts has in its environment: settings, secrets, and the stand-in for `docker` on its path. */
export function scriptEnv(containers: string, leaseMs: number): Record<string, string> {
  return {
    PATH: `${STAND_IN}:${process.env['PATH'] ?? ''}`,
    DOCKER_CONFIG: containers,
    RESONATE_TASKS__LEASE_TIMEOUT: `${leaseMs}ms`,
    RESONATE_TRANSPORTS__BASH_EXEC__ENABLED: 'true',
    RESONATE_TRANSPORTS__BASH_EXEC__MAX_RUNNING: String(MAX_RUNNING),
    RESONATE_TRANSPORTS__BASH_EXEC__MAX_OUTPUT: String(MAX_OUTPUT),
    RESONATE_TRANSPORTS__BASH_EXEC__PASS_ENV: PASSED.name,
    RESONATE_TRANSPORTS__HTTP_PUSH__AUTH__MODE: 'bearer',
    RESONATE_TRANSPORTS__HTTP_PUSH__AUTH__TOKEN: 'hunter2',
    DATABASE_URL: 'postgres://somebody:hunter3@database/other',
    AWS_SECRET_ACCESS_KEY: 'hunter4',
    TENSORLAKE_API_KEY: 'tensorlake-hunter5',
    [PASSED.name]: PASSED.value,
  };
}

/** A server that runs scripts, with stand-ins for docker and Tensorlake. */
export class BashServer {
  readonly process: ServerProcess;
  readonly tensorlake: TensorlakeStandIn;
  /** The folder for files that scripts write. It is removed together with the server. */
  readonly folder: string;

  private constructor(process: ServerProcess, tensorlake: TensorlakeStandIn, folder: string) {
    this.process = process;
    this.tensorlake = tensorlake;
    this.folder = folder;
  }

  static async start(leaseMs = LEASE_MS): Promise<BashServer> {
    const folder = mkdtempSync(join(tmpdir(), 'resonate-scripts-'));
    const tensorlake = await TensorlakeStandIn.start('tensorlake-hunter5');
    const env = {
      ...scriptEnv(folder, leaseMs),
      RESONATE_TRANSPORTS__BASH_EXEC__TENSORLAKE__API_URL: tensorlake.apiUrl,
      RESONATE_TRANSPORTS__BASH_EXEC__TENSORLAKE__SANDBOX_URL: tensorlake.sandboxUrl,
    };
    try {
      return new BashServer(await ServerProcess.start({ env }), tensorlake, folder);
    } catch (error) {
      await tensorlake.close();
      throw error;
    }
  }

  get url(): string {
    return this.process.url;
  }

  /** The path of a file that does not exist yet. */
  freshFile(): string {
    return join(mkdtempSync(join(this.folder, 'log-')), 'log');
  }

  async dispose(): Promise<void> {
    await this.process.dispose();
    await this.tensorlake.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
