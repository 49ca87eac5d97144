import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { LATENESS_SECONDS, REQUEST_SECONDS } from './buckets.ts';
import { InFlight, OTHER, targetLabel, topTargets } from './top-targets.ts';

/** `taken` by the receiver, `failed`, or `busy`: not tried, because the transport had no room. */
export type AttemptOutcome = 'taken' | 'failed' | 'busy';

/** The due messages of one transport that no process has claimed. */
export interface BacklogReading {
  count: number;
  /** How long the oldest one has been due, s; 0 without any. */
  ageSeconds: number;
  /** Some of its targets. The others have the rest of `count`. */
  targets: readonly { target: string; count: number; ageSeconds: number }[];
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
      help: 'Time from a message being due for the first time to its being handed to the transport',
      labelNames: ['transport'] as const,
      buckets: LATENESS_SECONDS,
      registers,
    }),
    pushDuration: new Histogram({
      name: 'resonate_push_duration_seconds',
      help: 'Time a transport took to deliver one message, or to fail',
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
    help: 'Attempts to deliver a message, by what came of them',
    labelNames: ['transport', 'kind', 'outcome'],
    registers,
  });
  const trackers = new Map<string, InFlight>();
  new Gauge({
    name: 'resonate_deliveries_in_flight',
    help: `Messages on their way from this process, of the busiest targets by name and of all others as ${OTHER}`,
    labelNames: ['transport', 'target'],
    registers,
    collect() {
      this.reset();
      for (const [transport, tracker] of trackers) {
        for (const [target, count] of topTargets(tracker.counts())) this.set({ transport, target }, count);
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
    help: 'Messages that are due and that nobody has claimed, in the whole cluster (counted up to 10000)',
    labelNames: ['transport'] as const,
    registers,
  });
  const age = new Gauge({
    name: 'resonate_backlog_age_seconds',
    help: 'How long the message that nobody claims has been due that is due for the longest time; 0 without any',
    labelNames: ['transport'],
    registers,
  });
  const byTarget = new Gauge({
    name: 'resonate_target_backlog_messages',
    help: `As resonate_backlog_messages, of the targets with the oldest messages by name and of all others as ${OTHER}`,
    labelNames: ['transport', 'target'],
    registers,
  });
  const ageByTarget = new Gauge({
    name: 'resonate_target_backlog_age_seconds',
    help: 'As resonate_backlog_age_seconds, of the targets with the oldest messages',
    labelNames: ['transport', 'target'],
    registers,
  });
  const forget = () => [backlog, age, byTarget, ageByTarget].forEach((gauge) => gauge.reset());
  return {
    backlog,
    /** Replaces all values. Without readings it shows none, because nothing is known. */
    showBacklog(readings: ReadonlyMap<string, BacklogReading>): void {
      forget();
      for (const [transport, { count, ageSeconds, targets }] of readings) {
        backlog.set({ transport }, count);
        age.set({ transport }, ageSeconds);
        let rest = count;
        for (const found of targets) {
          const labels = { transport, target: targetLabel(found.target) };
          byTarget.set(labels, found.count);
          ageByTarget.set(labels, found.ageSeconds);
          rest -= found.count;
        }
        byTarget.set({ transport, target: OTHER }, Math.max(0, rest));
      }
    },
  };
}

function failureMetrics(registers: Registry[]) {
  return {
    /** transport: `http`, …; targets whose circuit breaker is open in this process. */
    circuitsOpen: new Gauge({
      name: 'resonate_circuits_open',
      help: 'Targets that this process leaves alone but for a probe, because they keep failing',
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
      help: 'Unblocks dropped as the one connection they were for (poll://uni@) did not come back',
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
