import type { Ending, Facts } from './facts.ts';

/** The diagnosis for a timer that the scheduler has not fired or will not fire. @param at the due time of the timer. */
export function timersLate(what: string, facts: Pick<Facts, 'now' | 'processes'>, at?: number): Ending {
  const leads = hasLeader(facts);
  const who = leads
    ? 'the elected scheduler has not fired that timer yet'
    : 'no running process is the elected scheduler, so no timer fires';
  return {
    cause: 'timers_late',
    sentence: `${what}, but ${who}.`,
    action: leads
      ? 'Ask again in a few seconds. If the timer has still not fired, check the log of the leader and the database.'
      : 'One process must lead. Start `resonate serve`, or `resonate scheduler` in a cluster.',
    command: 'resonate cluster',
    needsAction: true,
    ...(at !== undefined && (at <= facts.now ? { since: at } : { until: at })),
  };
}

export function hasLeader({ processes }: Pick<Facts, 'processes'>): boolean {
  return processes.some(({ isAlive, leader }) => isAlive && leader);
}
