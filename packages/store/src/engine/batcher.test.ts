import { describe, expect, test } from '@jest/globals';
import { Batcher, QueueFull, type BatcherLimits, type Entry } from './batcher.ts';

const LIMITS: BatcherLimits = {
  maxItems: 100,
  maxWeight: 100,
  maxInFlight: 1,
  maxWaiting: 1_000,
  maxWaitingWeight: 10_000,
};

interface Started {
  items: string[];
  finish(): void;
  fail(error: Error): void;
}

/** A batcher whose batches end when the test says so. */
function controlled(limits: Partial<BatcherLimits> = {}) {
  const started: Started[] = [];
  const waiters: (() => void)[] = [];
  const run = (entries: Entry<string, string>[]) =>
    new Promise<void>((resolve, reject) => {
      const finish = () => {
        entries.forEach((entry) => entry.resolve(`done ${entry.item}`));
        resolve();
      };
      started.push({ items: entries.map(({ item }) => item), finish, fail: reject });
      waiters.splice(0).forEach((wake) => wake());
    });
  const batcher = new Batcher<string, string>({ limits: { ...LIMITS, ...limits }, run });
  const nth = async (index: number): Promise<Started> => {
    while (started.length <= index) await new Promise<void>((resolve) => waiters.push(resolve));
    return started[index] as Started;
  };
  return { batcher, started, nth };
}

function letRun(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

describe('natural batching', () => {
  test('a lone item starts at once', async () => {
    const { batcher, nth } = controlled();
    const result = batcher.add('a', 1);
    (await nth(0)).finish();
    expect(await result).toBe('done a');
  });

  test('items of one turn form a batch; items that arrive while it runs form the next', async () => {
    const { batcher, started, nth } = controlled();
    const results = [batcher.add('a', 1), batcher.add('b', 1)];
    const first = await nth(0);
    results.push(batcher.add('c', 1), batcher.add('d', 1));
    await letRun();
    expect(started).toHaveLength(1);
    expect(batcher.waiting).toBe(2);
    first.finish();
    (await nth(1)).finish();
    expect(started.map(({ items }) => items)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(await Promise.all(results)).toEqual(['done a', 'done b', 'done c', 'done d']);
  });

  test('batches run at once up to the limit, in the order of arrival', async () => {
    const { batcher, started, nth } = controlled({ maxInFlight: 2, maxItems: 1 });
    const results = ['a', 'b', 'c'].map((item) => batcher.add(item, 1));
    const second = await nth(1);
    await letRun();
    expect(started.map(({ items }) => items)).toEqual([['a'], ['b']]);
    second.finish();
    (await nth(2)).finish();
    (await nth(0)).finish();
    expect(await Promise.all(results)).toEqual(['done a', 'done b', 'done c']);
  });

  test('while a batch runs, items of consecutive turns form one batch, until a turn brings none', async () => {
    const { batcher, started, nth } = controlled({ maxInFlight: 2 });
    const results = [batcher.add('a', 1)];
    const first = await nth(0);
    for (const item of ['b', 'c', 'd']) {
      results.push(batcher.add(item, 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const second = await nth(1);
    expect(started.map(({ items }) => items)).toEqual([['a'], ['b', 'c', 'd']]);
    second.finish();
    first.finish();
    expect(await Promise.all(results)).toEqual(['done a', 'done b', 'done c', 'done d']);
  });

  test('waiting items start when the running batch ends, even if more items keep arriving', async () => {
    const { batcher, started, nth } = controlled({ maxInFlight: 2 });
    const first = batcher.add('a', 1);
    await nth(0);
    const results: Promise<string>[] = [];
    for (let turn = 0; turn < 6; turn++) {
      results.push(batcher.add(String(turn), 1));
      await new Promise((resolve) => setImmediate(resolve));
      if (turn === 2) started[0]?.finish();
    }
    expect(started[1]?.items).toEqual(['0', '1', '2', '3']);
    expect(await first).toBe('done a');
    started[1]?.finish();
    (await nth(2)).finish();
    expect(await Promise.all(results)).toHaveLength(6);
  });
});

describe('the bounds of a batch', () => {
  test('are its number of items and their total weight', async () => {
    const { batcher, started, nth } = controlled({ maxItems: 3, maxWeight: 10 });
    const weights = { a: 4, b: 6, c: 1, d: 1, e: 1, f: 1 };
    const results = Object.entries(weights).map(([item, weight]) => batcher.add(item, weight));
    for (let index = 0; index < 3; index++) (await nth(index)).finish();
    expect(started.map(({ items }) => items)).toEqual([['a', 'b'], ['c', 'd', 'e'], ['f']]);
    await Promise.all(results);
  });

  test('let an item that is heavier than a batch run alone', async () => {
    const { batcher, started, nth } = controlled({ maxWeight: 10 });
    const results = [batcher.add('huge', 99), batcher.add('a', 1)];
    (await nth(0)).finish();
    (await nth(1)).finish();
    expect(started.map(({ items }) => items)).toEqual([['huge'], ['a']]);
    await Promise.all(results);
  });
});

describe('a full queue', () => {
  test('refuses items above the maximum number, and accepts items again after a batch was taken', async () => {
    const { batcher, nth } = controlled({ maxWaiting: 2 });
    const results = [batcher.add('a', 1), batcher.add('b', 1)];
    await expect(batcher.add('c', 1)).rejects.toThrow(QueueFull);
    const first = await nth(0);
    results.push(batcher.add('d', 1));
    first.finish();
    (await nth(1)).finish();
    expect(await Promise.all(results)).toEqual(['done a', 'done b', 'done d']);
  });

  test('refuses items above the maximum weight, but accepts a heavier one if nothing else waits', async () => {
    const { batcher, nth } = controlled({ maxWaitingWeight: 50 });
    const huge = batcher.add('huge', 80);
    await expect(batcher.add('a', 1)).rejects.toThrow('1 requests with 80 bytes in total are waiting already');
    const first = await nth(0);
    const results = [batcher.add('b', 30), batcher.add('c', 20)];
    await expect(batcher.add('d', 1)).rejects.toThrow(QueueFull);
    first.finish();
    (await nth(1)).finish();
    expect(await Promise.all([huge, ...results])).toEqual(['done huge', 'done b', 'done c']);
    expect(batcher.waiting).toBe(0);
  });

  test('does not refuse work of the server itself', async () => {
    const { batcher, nth } = controlled({ maxWaiting: 1, maxWaitingWeight: 1 });
    const results = [batcher.add('a', 1), batcher.addAlways('timer', 1)];
    (await nth(0)).finish();
    expect(await Promise.all(results)).toEqual(['done a', 'done timer']);
  });
});

describe('a batch that fails as a whole', () => {
  test('rejects the items that it did not answer, and the next batch runs', async () => {
    const { batcher, nth } = controlled({ maxItems: 1 });
    const results = Promise.allSettled([batcher.add('a', 1), batcher.add('b', 1)]);
    (await nth(0)).fail(new Error('broken'));
    (await nth(1)).finish();
    expect(await results).toMatchObject([{ reason: { message: 'broken' } }, { value: 'done b' }]);
  });
});

describe('draining', () => {
  test('ends at once without items, otherwise when every item is answered', async () => {
    const { batcher, nth } = controlled({ maxItems: 1, maxInFlight: 2 });
    await batcher.drain();
    const order: string[] = [];
    const results = ['a', 'b', 'c'].map((item) => batcher.add(item, 1).then((result) => order.push(result)));
    const drained = Promise.all([batcher.drain(), batcher.drain()]).then(() => order.push('drained'));
    for (const index of [1, 0, 2]) (await nth(index)).finish();
    await drained;
    await Promise.all(results);
    expect(order).toEqual(['done b', 'done a', 'done c', 'drained']);
  });
});
