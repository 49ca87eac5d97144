import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runtimeForTests } from './runtime.fixture.ts';
import type { Runtime } from './runtime.ts';

let runtime: Runtime;

beforeEach(async () => {
  runtime = await runtimeForTests();
});

afterEach(() => runtime.store.close());

const valueOf = async (name: string) => {
  const lines = (await runtime.metrics.registry.metrics()).split('\n');
  return lines.filter((line) => line.startsWith(`${name}{`)).reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
};

test('a batch that runs again because it needs more rows is not an error', async () => {
  const { store } = runtime;
  const schedule = { id: 's', cron: '0 0 1 1 *', promiseId: 's.{{.timestamp}}', promiseTimeout: 60_000 };
  const policies = { cronDialect: undefined, timezone: undefined, overlap: undefined, catchUp: undefined };
  const data = { ...schedule, ...policies, promiseParam: {}, promiseTags: {} };
  expect(await store.execute({ kind: 'schedule.create', data }, null, 0)).toMatchObject({ status: 200 });
  expect(await store.execute({ kind: 'schedule.trigger', data: { id: 's' } }, null, 0)).toMatchObject({ status: 200 });
  expect(await valueOf('resonate_batch_retries_total')).toBeGreaterThan(0);
  expect(await valueOf('resonate_store_errors_total')).toBe(0);
});
