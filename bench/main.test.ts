import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readResults } from './results.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resonate-bench-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('measures, writes the results, and compares with them in the next run', async () => {
  const json = join(folder, 'results.json');
  const works = 'create,invocation over push';
  const short = ['--stores', 'sqlite', '--callers', '2', '--rates', '20', '--seconds', '0.3', '--warmup', '0.1'];
  await promisify(execFile)(process.execPath, [MAIN, ...short, '--only', works, '--json', json]);
  const { rows, failures, machine } = await readResults(json);
  expect(failures).toEqual([]);
  expect(machine.cores).toBeGreaterThan(0);
  expect(rows.map(({ target, work, load }) => `${target}, ${work}, ${load}`)).toEqual([
    'bare node:http, create, 2',
    'bare sqlite, create, 2',
    'sqlite, create, 2',
    'sqlite, invocation over push, 2',
    'sqlite, invocation over push, 20/s',
  ]);
  for (const row of rows) expect(row.roundsPerSecond).toBeGreaterThan(0);

  const again = [...short, '--only', 'create', '--against', json];
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...again]);
  expect(stdout.slice(stdout.indexOf('against '))).toMatch(/sqlite +create +2 +\d+\.\d\dx/);
}, 180_000);
