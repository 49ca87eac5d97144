import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.ts';

/** Prints five ports and lives until its input ends. */
const SCRIPT = `import { freePort } from ${JSON.stringify(join(import.meta.dirname, 'free-port.ts'))};
const ports = [];
for (let i = 0; i < 5; i++) ports.push(await freePort());
console.log(JSON.stringify(ports));
process.stdin.resume();`;

/** Starts `count` processes that run at the same time. @returns the ports that they got, after all have ended. */
async function portsOf(count: number): Promise<number[]> {
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, ['--input-type=module', '--eval', SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  const printed = await Promise.all(
    children.map(async (child) => {
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      return JSON.parse(line) as number[];
    }),
  );
  for (const child of children) child.stdin.end();
  await Promise.all(children.map((child) => once(child, 'exit')));
  return printed.flat();
}

test('processes that run at the same time get different ports', async () => {
  const own = [await freePort(), await freePort()];
  const ports = await portsOf(8);
  expect(new Set([...own, ...ports]).size).toBe(2 + 8 * 5);
});

test('the ports of processes that have ended are reused', async () => {
  // More processes than there are blocks.
  for (let round = 0; round < 8; round++) expect(new Set(await portsOf(8)).size).toBe(8 * 5);
}, 60_000);
