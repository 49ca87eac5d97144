import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { syncsPerSecond } from './disk.ts';

const DISK_PROBE_MS = 1_000;

export interface Machine {
  node: string;
  platform: string;
  cpu: string;
  cores: number;
  memoryGb: number;
  /** 4 KiB written and synced one after the other. */
  syncsPerSecond: number;
  /** Of the last 1, 5 and 15 minutes, before the benchmark began: above 0 something else was running. */
  loadAverage: number[];
  /** Of the project; absent outside a checkout. */
  commit?: string;
}

export function describeMachine(): Machine {
  const loadAverage = loadavg();
  const cores = cpus();
  const commit = currentCommit();
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cores[0]?.model ?? 'unknown',
    cores: cores.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    syncsPerSecond: syncsPerSecond(DISK_PROBE_MS),
    loadAverage,
    ...(commit === undefined ? {} : { commit }),
  };
}

/** With `+changes` when files differ from it. */
function currentCommit(): string | undefined {
  try {
    const git = ['describe', '--always', '--dirty=+changes', '--exclude=*'];
    return execFileSync('git', git, { cwd: join(import.meta.dirname, '..'), encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined;
  }
}
