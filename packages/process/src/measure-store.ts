import { BatchConflict, OutcomeUnknown, RequestTooLarge, StoreUnavailable } from '@resonate/drivers';
import type { Metrics } from '@resonate/observability';
import { TooMuchAtOnce, type StoreEvents, type StoreOperation } from '@resonate/store';

/** Measures the store's database operations, counts their errors, and records whether the database could be reached. */
export function measureStore(metrics: Metrics): StoreEvents['measured'] {
  const durations = new Map<StoreOperation, ReturnType<Metrics['storeOperation']>>();
  return async (operation, work) => {
    const start = performance.now();
    try {
      const result = await work();
      metrics.up.set(1);
      return result;
    } catch (error) {
      if (error instanceof StoreUnavailable) metrics.up.set(0);
      // TooMuchAtOnce is not an error of the database: the batch is split, or its request is refused.
      if (!(error instanceof TooMuchAtOnce)) metrics.countStoreError(operation, nameOf(error));
      throw error;
    } finally {
      const duration = durations.get(operation) ?? metrics.storeOperation(operation);
      durations.set(operation, duration);
      duration.observe((performance.now() - start) / 1000);
    }
  };
}

function nameOf(error: unknown): string {
  if (error instanceof StoreUnavailable) return 'unavailable';
  if (error instanceof BatchConflict) return 'conflict';
  if (error instanceof OutcomeUnknown) return 'outcome_unknown';
  if (error instanceof RequestTooLarge) return 'too_large';
  return 'other';
}
