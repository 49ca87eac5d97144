import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadConfig } from '@resonate/config';
import { createLogger } from '@resonate/observability';
import { openRuntime, type Runtime } from '@resonate/process';
import { whyHandlers } from './handlers.ts';

let runtime: Runtime;

beforeEach(async () => {
  const logger = createLogger({ level: 'error', stream: new PassThrough().resume() });
  const { config } = loadConfig({ env: {}, command: 'dev' });
  runtime = await openRuntime({ config, role: 'all', version: 'test', logger });
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
