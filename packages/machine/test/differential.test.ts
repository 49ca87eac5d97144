import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rounds } from '@resonate/testkit';

/** SEED=<number> runs only that seed. The message of a failure names it. */
const SEED = process.env['SEED'];
const TIMEOUT_MS = 600_000;
/** How many seeds to run. Each run takes new ones, because seeds that found nothing before will find nothing again. */
const SEEDS = { alone: rounds(100, 800), batched: rounds(40, 100) };
const STEPS = { alone: 250, batched: 400 };

async function run(mode: 'alone' | 'batched'): Promise<Record<string, number>> {
  const first = Math.floor(Math.random() * 2 ** 31);
  const range = SEED === undefined ? [String(first), String(SEEDS[mode])] : [SEED, '1'];
  const args = [join(import.meta.dirname, 'differential.fixture.ts'), mode, ...range, String(STEPS[mode])];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: TIMEOUT_MS });
  return JSON.parse(stdout) as Record<string, number>;
}

/** A generator that never reached the interesting answers would prove nothing. */
function expectReached(answers: Record<string, number>, atLeast: number): void {
  if (SEED !== undefined) return;
  const reached = Object.entries(answers).filter(([, count]) => count >= atLeast);
  expect(reached.map(([answer]) => answer)).toEqual(
    expect.arrayContaining([
      'promise.create 200',
      'promise.get 404',
      'promise.settle 200',
      'promise.register_callback 200',
      'promise.register_callback 422',
      'promise.register_listener 200',
      'task.create 200',
      'task.create 409',
      'task.create 422',
      'task.acquire 200',
      'task.acquire 409',
      'task.suspend 200',
      'task.suspend 300',
      'task.suspend 422',
      'task.fence 200',
      'task.fence 409',
      'task.fulfill 200',
      'task.release 200',
      'task.halt 200',
      'task.halt 409',
      'task.continue 200',
      'task.heartbeat 200',
      'schedule.create 200',
      'schedule.update 200',
      'schedule.delete 200',
      'schedule.pause 200',
      'schedule.resume 200',
      'schedule.trigger 200',
      'schedule.trigger 409',
      'schedule.preview 200',
    ]),
  );
}

test(
  `answers ${SEEDS.alone * STEPS.alone} random requests as the reference model does`,
  async () => {
    const answers = await run('alone');
    expectReached(answers, 20);
    if (SEED === undefined) expect(sum(answers)).toBeGreaterThanOrEqual(SEEDS.alone * STEPS.alone);
  },
  TIMEOUT_MS,
);

test(
  'a batch gives the same answers and rows as its requests one after another',
  async () => {
    // The rarest answer, `schedule.trigger 409`, comes about 8 times in 40 rounds.
    expectReached(await run('batched'), 1);
  },
  TIMEOUT_MS,
);

function sum(answers: Record<string, number>): number {
  return Object.values(answers).reduce((total, count) => total + count, 0);
}
