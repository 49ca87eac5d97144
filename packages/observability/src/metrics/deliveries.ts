import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { LATENESS_SECONDS, REQUEST_SECONDS } from './buckets.ts';
import { InFlight, OTHER, targetLabel, topTargets } from './top-targets.ts';

/** `taken` by the receiver, `failed`, or `busy`: not tried, because the transport had no room. */
export type AttemptOutcome = 'taken' | 'failed' | 'busy';

/** The messages of one transport that are due and that no process has claimed. */
export interface BacklogReading {
  count: number;
  /** How long the oldest of them has been due, s; 0 if there are none. */
  ageSeconds: number;
  /** The targets with the oldest messages. The rest of `count` belongs to other targets. */
  targets: readonly { target: string; count: number; ageSeconds: number }[];
  /** Whether this process cannot deliver them, because its configuration switches the transport off. */
  isSwitchedOff?: boolean;
}

/**
 * Messages to workers. The public server has `resonate_messages_total`, `_deliveries_total` and
 * `_schedule_promises_total`, too.
 */
export function deliveryMetrics(registers: Registry[]) {
  return {
    /** kind: `execute` or `unblock`. */
    messages: new Counter({
      name: 'resonate_messages_total',
      help: 'Messages handed to a transport',
      labelNames: ['kind'] as const,
      registers,
    }),
    /** status: `success` or `error`. */
    deliveries: new Counter({
      name: 'resonate_deliveries_total',
      help: 'Attempts to deliver a message',
      labelNames: ['status'] as const,
      registers,
    }),
    deliveryLatency: new Histogram({
      name: 'resonate_delivery_latency_seconds',
      help: 'Time from when a message was first due until it was handed to the transport',
      labelNames: ['transport'] as const,
      buckets: LATENESS_SECONDS,
      registers,
    }),
    pushDuration: new Histogram({
      name: 'resonate_push_duration_seconds',
      help: 'Time that a transport took for one attempt, successful or not',
      labelNames: ['transport'] as const,
      buckets: REQUEST_SECONDS,
      registers,
    }),
    schedulePromises: new Counter({
      name: 'resonate_schedule_promises_total',
      help: 'Promises created by schedules',
      registers,
    }),
    ...attemptMetrics(registers),
    ...waitingMetrics(registers),
    ...failureMetrics(registers),
  };
}

function attemptMetrics(registers: Registry[]) {
  const attempts = new Counter({
    name: 'resonate_delivery_attempts_total',
    help: 'Attempts to deliver a message, by outcome',
    labelNames: ['transport', 'kind', 'outcome'],
    registers,
  });
  const trackers = new Map<string, InFlight>();
  new Gauge({
    name: 'resonate_deliveries_in_flight',
    help: `Deliveries that run in this process: the busiest targets by name, all others as ${OTHER}`,
    labelNames: ['transport', 'target'],
    registers,
    collect() {
      this.reset();
      for (const [transport, tracker] of trackers) {
        for (const [target, count] of topTargets(transport, tracker.counts())) this.set({ transport, target }, count);
      }
    },
  });
  return {
    countAttempt(transport: string, kind: string, outcome: AttemptOutcome): void {
      attempts.inc({ transport, kind, outcome });
    },
    /** Where a transport counts its running deliveries. */
    inFlight(transport: string): InFlight {
      const tracker = trackers.get(transport) ?? new InFlight();
      trackers.set(transport, tracker);
      return tracker;
    },
  };
}

function waitingMetrics(registers: Registry[]) {
  /** transport: `poll`, `http`, … */
  const backlog = new Gauge({
    name: 'resonate_backlog_messages',
    help: 'Messages that are due and not claimed, in the whole cluster (counted up to 10000); 0 if this process has switched the transport off',
    labelNames: ['transport'] as const,
    registers,
  });
  const age = new Gauge({
    name: 'resonate_backlog_age_seconds',
    help: 'How long the oldest message that is due and not claimed has been due; 0 if there is none',
    labelNames: ['transport'],
    registers,
  });
  const byTarget = new Gauge({
    name: 'resonate_target_backlog_messages',
    help: `Like resonate_backlog_messages, also of transports that are switched off: the targets with the oldest messages by name, all others as ${OTHER}`,
    labelNames: ['transport', 'target'],
    registers,
  });
  const ageByTarget = new Gauge({
    name: 'resonate_target_backlog_age_seconds',
    help: 'Like resonate_backlog_age_seconds, for the targets with the oldest messages',
    labelNames: ['transport', 'target'],
    registers,
  });
  const forget = () => [backlog, age, byTarget, ageByTarget].forEach((gauge) => gauge.reset());
  return {
    backlog,
    /** Replaces all values. If there are no readings, the metrics have no values, because nothing is known. */
    showBacklog(readings: ReadonlyMap<string, BacklogReading>): void {
      forget();
      for (const [transport, { count, ageSeconds, targets, isSwitchedOff }] of readings) {
        backlog.set({ transport }, isSwitchedOff ? 0 : count);
        age.set({ transport }, ageSeconds);
        let rest = count;
        const ages = new Map<string, number>();
        for (const found of targets) {
          const target = targetLabel(transport, found.target);
          // Connections of one group share a label, and long targets may.
          ages.set(target, Math.max(found.ageSeconds, ages.get(target) ?? 0));
          byTarget.inc({ transport, target }, found.count);
          rest -= found.count;
        }
        for (const [target, seconds] of ages) ageByTarget.set({ transport, target }, seconds);
        byTarget.set({ transport, target: OTHER }, Math.max(0, rest));
      }
    },
  };
}

function failureMetrics(registers: Registry[]) {
  return {
    /** transport: `http`, … */
    circuitsOpen: new Gauge({
      name: 'resonate_circuits_open',
      help: 'Targets whose circuit breaker is open in this process: after repeated failures they get only probes',
      labelNames: ['transport'] as const,
      registers,
    }),
    deadLetters: new Gauge({
      name: 'resonate_dead_letters',
      help: 'Dead letters in the whole cluster (counted up to 10000)',
      registers,
    }),
    unblocksDropped: new Counter({
      name: 'resonate_unblocks_dropped_total',
      help: 'Unblocks dropped because the only connection they were for (poll://uni@) did not come back',
      registers,
    }),
    /** reason: `attempts` or `age`. */
    newDeadLetters: new Counter({
      name: 'resonate_deaths_total',
      help: 'Unblocks that became dead letters',
      labelNames: ['transport', 'reason'] as const,
      registers,
    }),
  };
}
