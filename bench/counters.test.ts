import { expect, test } from '@jest/globals';
import { createMetrics } from '@resonate/observability';
import { counted, parseCounters } from './counters.ts';

test('reads the counters of a process from its metrics, and the difference between two readings', async () => {
  const metrics = createMetrics({ role: 'all', version: '1' });
  const traffic = { statements: 10, roundTrips: 4 };
  metrics.watchDatabase('postgres', traffic);
  metrics.countRequest('promise.create', 200, 0.001);
  const before = parseCounters(await metrics.registry.metrics());
  expect(before).toEqual({ requests: 1, batches: 0, batched: 0, statements: 10, roundTrips: 4 });

  traffic.statements += 14;
  traffic.roundTrips += 2;
  metrics.batchSize.observe(3);
  for (const kind of ['promise.create', 'promise.get', 'promise.settle']) metrics.countRequest(kind, 200, 0.001);
  const after = parseCounters(await metrics.registry.metrics());
  expect(counted(before, after)).toEqual({ requests: 3, batches: 1, batched: 3, statements: 14, roundTrips: 2 });
});

test('there are no counts of statements if the database is in the process', async () => {
  const metrics = createMetrics({ role: 'all', version: '1' });
  const counters = parseCounters(await metrics.registry.metrics());
  expect(counted(counters, counters)).toEqual({ requests: 0, batches: 0, batched: 0 });
});
