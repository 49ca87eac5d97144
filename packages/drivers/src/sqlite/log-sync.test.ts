import { expect, test } from '@jest/globals';
import { StoreUnavailable } from '../errors.ts';
import { LogSync } from './log-sync.ts';

/** A disk whose syncs end when the test says so. */
function slowDisk() {
  const syncs: PromiseWithResolvers<void>[] = [];
  const log = new LogSync(() => {
    const sync = Promise.withResolvers<void>();
    syncs.push(sync);
    return sync.promise;
  });
  return { log, syncs };
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const mark = () => (settled = true);
  promise.then(mark, mark);
  // Runs every callback that waits only for the event loop.
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

test('a commit is durable when a sync that began after it has ended', async () => {
  const { log, syncs } = slowDisk();
  log.wrote();
  const first = log.durable();
  expect(await isSettled(first)).toBe(false);
  // Written while the first sync runs: that one may have missed it.
  log.wrote();
  const second = log.durable();
  syncs[0]!.resolve();
  await first;
  expect(await isSettled(second)).toBe(false);
  syncs[1]!.resolve();
  await second;
});

test('one sync serves everybody who waits for it', async () => {
  const { log, syncs } = slowDisk();
  log.wrote();
  log.wrote();
  const waiting = [log.durable(), log.durable(), log.durable()];
  expect(await isSettled(Promise.race(waiting))).toBe(false);
  syncs[0]!.resolve();
  await Promise.all(waiting);
  expect(syncs).toHaveLength(1);
});

test('if nothing was written, nothing waits for the disk', async () => {
  const { log, syncs } = slowDisk();
  await log.durable();
  log.wrote();
  const durable = log.durable();
  await isSettled(durable);
  syncs[0]!.resolve();
  await durable;
  await log.durable();
  expect(syncs).toHaveLength(1);
});

test('after a failed sync the store stays unavailable, for waiting and for later callers', async () => {
  const { log, syncs } = slowDisk();
  log.wrote();
  const failing = log.durable();
  expect(await isSettled(failing)).toBe(false);
  syncs[0]!.reject(new Error('EIO: i/o error'));
  await expect(failing).rejects.toThrow(StoreUnavailable);
  await expect(log.durable()).rejects.toThrow('EIO: i/o error');
  expect(log.failed.reason).toBeInstanceOf(StoreUnavailable);
  expect(syncs).toHaveLength(1);
});
