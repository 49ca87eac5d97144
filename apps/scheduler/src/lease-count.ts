import { Loop, type Service } from '@resonate/lifecycle';
import type { RuntimeWith } from '@resonate/process';

const COUNT_EVERY_MS = 5_000;
/** Counting is limited, because it reads every row that it counts. A larger number would not change a decision. */
const MAX_COUNTED = 10_000;

/** Updates the metric resonate_leases. Only the leader reports it, so the sum over all processes is right. */
export function createLeaseCount({ logger, metrics, store }: RuntimeWith<'logger' | 'metrics', 'admin'>): Service {
  const loop = new Loop({
    name: 'lease count',
    pollIntervalMs: COUNT_EVERY_MS,
    logger,
    step: async () => {
      metrics.leases.set(await store.admin.countLeases(MAX_COUNTED));
      return null;
    },
  });
  return {
    name: loop.name,
    start: () => loop.start(),
    async stop() {
      await loop.stop();
      metrics.leases.set(0);
    },
  };
}
