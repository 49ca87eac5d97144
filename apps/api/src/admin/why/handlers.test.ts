import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Runtime } from '@resonate/process';
import { runtimeForTests } from '@resonate/process/runtime-for-tests';
import { whyHandlers } from './handlers.ts';

let runtime: Runtime;

beforeEach(async () => {
  runtime = await runtimeForTests();
});

afterEach(() => runtime.store.close());

test.each([
  [500, 500],
  [503, 503],
  [404, 404],
])('if the store answers %i for a schedule, so does its explanation', async (status, expected) => {
  runtime.store.execute = () => Promise.resolve({ status, data: 'why' });
  const explained = whyHandlers(runtime).scheduleWhy({ params: { id: 's' }, query: undefined, body: undefined }, {
    prefix: '',
  } as never);
  await expect(explained).rejects.toMatchObject({ status: expected });
});
