import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { isAlive } from '../is-alive.ts';
import { reachableByServer, SERVER_USER, startOwned } from './owned-server.ts';

describe('a server that is owned', () => {
  test.each([
    ['Postgres', 'postgres.ts', 'startPostgres'],
    ['MariaDB', 'mariadb.ts', 'startMariadb'],
    ['MySQL', 'mysql.ts', 'startMysql'],
    ['Redis', 'redis.ts', 'startRedis'],
  ])('ends when the process that started it is killed: %s', async (_name, file, start) => {
    const module = join(import.meta.dirname, file);
    const script = `
      const { ${start} } = await import(${JSON.stringify(module)});
      const server = await ${start}();
      console.log(JSON.stringify(server.pids()));
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(owner.stdout, 'data')) as [Buffer];
    const pids = JSON.parse(line.toString()) as number[];
    expect(pids.length).toBeGreaterThan(0);
    expect(pids.filter(isAlive)).toEqual(pids);
    // Each of them works in its data directory.
    const directory = readlinkSync(`/proc/${pids[0]}/cwd`);
    expect(existsSync(directory)).toBe(true);
    owner.kill('SIGKILL');
    await expect(gone(pids, directory)).resolves.toBe(true);
  });

  test('that does not start fails with its output, and leaves nothing behind', async () => {
    let directory = '';
    const starting = startOwned('broken', (own) => {
      directory = own;
      return { command: 'sh', args: ['-c', 'echo no such disk >&2'], ready: /ready/ };
    });
    await expect(starting).rejects.toThrow('no such disk');
    expect(existsSync(directory)).toBe(false);
  });

  test('whose preparation fails leaves nothing behind', async () => {
    let directory = '';
    const starting = startOwned('broken', (own) => {
      directory = own;
      throw new Error('not installed');
    });
    await expect(starting).rejects.toThrow('not installed');
    expect(existsSync(directory)).toBe(false);
  });
});

test("programs below root's home directory, which nobody else can enter, run as the server's user", () => {
  const home = mkdtempSync(join(tmpdir(), 'resonate-home-'));
  const programs = join(home, 'programs');
  mkdirSync(join(programs, 'bin'), { recursive: true });
  writeFileSync(join(programs, 'bin/greet'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
  const found = reachableByServer(programs);
  const copies = [found];
  try {
    expect(execFileSync(join(found, 'bin/greet'), { ...SERVER_USER, encoding: 'utf8' })).toBe('hello\n');
    expect(reachableByServer(programs)).toBe(found);
    utimesSync(programs, 0, 0);
    const changed = reachableByServer(programs);
    copies.push(changed);
    // If the tests do not run as root, nothing is copied.
    if (changed !== programs) expect([existsSync(found), existsSync(changed)]).toEqual([false, true]);
  } finally {
    for (const folder of [home, ...copies]) rmSync(folder, { recursive: true, force: true });
  }
});

/** Polls, because a process gets no event when a process that is not its child ends. */
async function gone(pids: number[], directory: string): Promise<boolean> {
  for (let round = 0; round < 400; round++) {
    if (!pids.some(isAlive) && !existsSync(directory)) return true;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return false;
}
