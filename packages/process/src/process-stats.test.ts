import { expect, test } from '@jest/globals';
import { createMetrics } from '@resonate/observability';
import { parseStats, StatsSource } from './process-stats.ts';

const source = () => new StatsSource(createMetrics({ role: 'all', version: 'test' }), () => 3, ['poll']);

test('the statistics have a limit in bytes, however long the names are that clients choose', async () => {
  const stats = source();
  const long = '🙂'.repeat(2_000);
  stats.streams = () => Array.from({ length: 500 }, (_, count) => ({ group: `${count}${long}`, count: 500 - count }));
  const departed = (group: string) => ({ group, count: 1, agoMs: 5 });
  stats.left = () => [departed('short'), ...Array.from({ length: 500 }, () => departed(long))];
  const failure = { transport: 'http', failures: 1, error: 'no', promise: 'p', retryAt: null };
  stats.failing = () => Array.from({ length: 500 }, (_, index) => ({ ...failure, target: `${index}${long}` }));
  const text = JSON.stringify(await stats.read());
  // The limit of a text column in MySQL.
  expect(Buffer.byteLength(text)).toBeLessThan(65_536);
  const read = parseStats(text);
  expect(read).toMatchObject({ waiting: 3, transports: ['poll'] });
  expect(read?.left?.[0]).toEqual({ group: 'short', count: 1, agoMs: 5 });
  expect(read?.failing?.length).toBeGreaterThan(0);
});

test('the statistics of other versions are read as far as they are understood', async () => {
  const { left, failing, transports, ...older } = await source().read();
  expect([left, failing, transports]).toEqual([[], [], ['poll']]);
  expect(parseStats(JSON.stringify({ ...older, failing: 'some' }))).toMatchObject({ waiting: 3, failing: undefined });
  expect(parseStats('{"requests":1}')).toBeNull();
  expect(parseStats('not JSON')).toBeNull();
});
