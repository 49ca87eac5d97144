import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { reachableByServer, SERVER_USER } from './owned-server.ts';

test("programs below root's home directory, which nobody else can enter, run as the server's user", () => {
  const home = mkdtempSync(join(tmpdir(), 'resonate-home-'));
  const programs = join(home, 'programs');
  mkdirSync(join(programs, 'bin'), { recursive: true });
  writeFileSync(join(programs, 'bin/greet'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
  const found = reachableByServer(programs);
  try {
    expect(execFileSync(join(found, 'bin/greet'), { ...SERVER_USER, encoding: 'utf8' })).toBe('hello\n');
    expect(reachableByServer(programs)).toBe(found);
  } finally {
    for (const folder of [home, found]) rmSync(folder, { recursive: true, force: true });
  }
});
