import type { Metrics } from '@resonate/observability';
import { BatchConflict, OutcomeUnknown, RequestTooLarge, StoreUnavailable, type Dialect } from '@resonate/store';

/** What operators know the dialect's calls as; those that are left out are rare, or parts of others. */
const OPERATIONS: Partial<Record<keyof Dialect, string>> = {
  transact: 'write',
  load: 'read',
  searchPromises: 'search',
  searchTasks: 'search',
  searchSchedules: 'search',
  dueTimers: 'timers',
  nextTimerAt: 'timers',
  claim: 'claim',
  waitingTargets: 'queues',
  countDue: 'queues',
  nextDue: 'queues',
  acknowledge: 'acknowledge',
  releaseClaims: 'release',
  elect: 'elect',
  heartbeat: 'heartbeat',
};

type Call = (...args: unknown[]) => Promise<unknown>;

/** The same dialect, with its calls timed, their failures counted, and whether the database could be reached. */
export function observeDialect(dialect: Dialect, metrics: Metrics): Dialect {
  const calls = new Map<PropertyKey, unknown>();
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    const call = (dialect[name as keyof Dialect] as Call).bind(dialect);
    calls.set(name, observed(call, operation, metrics));
  }
  return new Proxy(dialect, {
    get(target, name) {
      const call = calls.get(name);
      if (call) return call;
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      // Private fields are the target's own, not its proxy's.
      const bound: unknown = value.bind(target);
      calls.set(name, bound);
      return bound;
    },
  });
}

function observed(call: Call, operation: string, metrics: Metrics): Call {
  const duration = metrics.storeOperation(operation);
  return async (...args) => {
    const start = performance.now();
    try {
      const result = await call(...args);
      metrics.up.set(1);
      return result;
    } catch (error) {
      if (error instanceof StoreUnavailable) metrics.up.set(0);
      metrics.countStoreError(operation, nameOf(error));
      throw error;
    } finally {
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
