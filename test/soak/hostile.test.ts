import { expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../processes/run-command.ts';
import { Spawned } from '../processes/spawned.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const MINUTES = 1;
/** The time for start, traffic and measurements on a busy machine. */
const ENDED_WITHIN_MS = 300_000;
const SEED = process.env['TEST_SEED'] ?? String(Math.floor(Math.random() * 2 ** 31));

test(
  `a server with a small heap survives a minute of hostile traffic and still answers other clients (seed ${SEED})`,
  async () => {
    const soak = new Spawned(process.execPath, [MAIN, '--minutes', String(MINUTES), '--seed', SEED]);
    const late = setTimeout(() => void soak.kill9(), ENDED_WITHIN_MS);
    const { code } = await soak.exited;
    clearTimeout(late);
    console.log(soak.output(200));
    expect({ code, output: code === 0 ? '' : soak.output(200) }).toEqual({ code: 0, output: '' });
  },
  ENDED_WITHIN_MS + 10_000,
);

test('a wrong command line is refused', async () => {
  const { code, stderr } = await runCommand(process.execPath, [MAIN, '--minutes', '0']);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('usage: npm run soak:hostile') });
});
