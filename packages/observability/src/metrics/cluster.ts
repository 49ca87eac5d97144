import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { LATENESS_SECONDS } from './buckets.ts';

/** Timers, leases, the leader, and the hints between processes. */
export function clusterMetrics(registers: Registry[]) {
  return {
    leader: new Gauge({ name: 'resonate_leader', help: '1 while this process leads, else 0', registers }),
    leases: new Gauge({
      name: 'resonate_leases',
      help: 'Tasks that workers hold, in the whole cluster, told by its leader (counted up to 10000)',
      registers,
    }),
    timerLateness: new Histogram({
      name: 'resonate_timer_lateness_seconds',
      help: 'How long after its time a promise timeout, lease end or schedule took effect',
      buckets: LATENESS_SECONDS,
      registers,
    }),
    /** timer: `promise` (a timeout), `lease` (a worker that stopped its heartbeats) or `schedule`. */
    timers: new Counter({
      name: 'resonate_timers_total',
      help: 'Timers that took effect',
      labelNames: ['timer'] as const,
      registers,
    }),
    timersFailed: new Counter({
      name: 'resonate_timers_failed_total',
      help: 'Timers that were due and could not take effect; they are tried again',
      registers,
    }),
    timersFailing: new Gauge({
      name: 'resonate_timers_failing',
      help: 'Timers that are due and failed when they were last tried, told by the leader',
      registers,
    }),
    wakeupLatency: new Histogram({
      name: 'resonate_wakeup_latency_seconds',
      help: 'Time from a commit in one process to its hint in this one, as far as their clocks agree',
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
    wakeupConnected: new Gauge({
      name: 'resonate_wakeup_connected',
      help: '1 while hints of other processes arrive here, 0 while every loop waits for its poll interval',
      registers,
    }),
  };
}
