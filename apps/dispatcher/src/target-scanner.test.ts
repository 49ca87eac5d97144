import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Runtime } from '@resonate/process';
import { runtimeForTests } from '@resonate/process/runtime-for-tests';
import { TargetScanner } from './target-scanner.ts';

let runtime: Runtime;
let scanner: TargetScanner;
/** Resolves at the next scan with the ms since the previous one. */
let look: () => Promise<number>;
let waiting: { target: string; dueAt: number }[];

beforeEach(async () => {
  runtime = await runtimeForTests();
  waiting = [];
  let lookedAt = performance.now();
  let looked: (afterMs: number) => void = () => {};
  runtime.store.queues.waitingTargets = () => {
    const now = performance.now();
    looked(now - lookedAt);
    lookedAt = now;
    return Promise.resolve(waiting);
  };
  look = () => new Promise((resolve) => (looked = resolve));
});

afterEach(async () => {
  await scanner.stop();
  await runtime.store.close();
});

test('scans rarely while hints announce everything, and often after it found a message that was not announced', async () => {
  let isUnannounced = false;
  scanner = new TargetScanner(runtime, 'http', () => isUnannounced);
  await scanner.start();
  await look();
  expect(await look()).toBeGreaterThan(900);
  waiting = [{ target: 'http://host', dueAt: 0 }];
  expect(await look()).toBeGreaterThan(900);
  isUnannounced = true;
  await look();
  isUnannounced = false;
  expect(await look()).toBeLessThan(900);
  expect(await look()).toBeLessThan(900);
});
