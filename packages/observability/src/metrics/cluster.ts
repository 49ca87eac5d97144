import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { LATENESS_SECONDS } from './buckets.ts';

/** Timers, leases, the leader, and the hints between processes. */
export function clusterMetrics(registers: Registry[]) {
  return {
    leader: new Gauge({ name: 'resonate_leader', help: '1 while this process is the leader, else 0', registers }),
    leases: new Gauge({
      name: 'resonate_leases',
      help: 'Tasks that workers hold, in the whole cluster; reported by the leader (counted up to 10000)',
      registers,
    }),
    timerLateness: new Histogram({
      name: 'resonate_timer_lateness_seconds',
      help: 'Delay between the due time of a promise timeout, lease expiry or schedule and its effect',
      buckets: LATENESS_SECONDS,
      registers,
    }),
    /** timer: `promise` (a timeout), `lease` (a lease that expired) or `schedule`. */
    timers: new Counter({
      name: 'resonate_timers_total',
      help: 'Timers that took effect',
      labelNames: ['timer'] as const,
      registers,
    }),
    timersFailed: new Counter({
      name: 'resonate_timers_failed_total',
      help: 'Due timers that failed; they are tried again',
      registers,
    }),
    timersFailing: new Gauge({
      name: 'resonate_timers_failing',
      help: 'Due timers whose last attempt failed; reported by the leader',
      registers,
    }),
    wakeupLatency: new Histogram({
      name: 'resonate_wakeup_latency_seconds',
      help: 'Time from a commit in another process to its hint in this one; clock differences distort it',
      buckets: LATENESS_SECONDS,
      registers,
    }),
    /** event: `published`, `received`, or why a hint was dropped: `invalid`, `unsent`, `garbage`. */
    wakeups: new Counter({
      name: 'resonate_wakeups_total',
      help: 'Hints between the processes of a cluster',
      labelNames: ['event'] as const,
      registers,
    }),
    wakeupConnected: withoutValue(
      new Gauge({
        name: 'resonate_wakeup_connected',
        help: '1 while hints of other processes arrive, 0 while loops depend on their poll intervals; absent without a channel',
        registers,
      }),
    ),
  };
}

/** A gauge begins with the value 0. This one has none until it is set. */
function withoutValue(gauge: Gauge): Gauge {
  gauge.remove();
  return gauge;
}
