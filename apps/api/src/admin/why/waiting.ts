import type { WaitingPromise } from '@resonate/store';
import { givenBack } from './given-back.ts';
import { LATE_MS, type Ending, type Facts, type Link, type Waiting } from './facts.ts';
import { hasLeader, timersLate } from './timers-late.ts';
import { commandFor, instant, instantFrom, isNever, named, shortened, span } from './words.ts';

const NOTHING = 'There is nothing to do.';
/** A heartbeat is late after this share of the lease: the SDKs send one after each half of it. */
const LATE_SHARE = 0.6;

export function sleeping({ timeoutAt }: WaitingPromise, subject: string, facts: Facts): Ending {
  const { now } = facts;
  if (!hasLeader(facts)) return timersLate(`${subject} sleeps until ${instant(timeoutAt)}`, facts, timeoutAt);
  return {
    cause: 'sleeping',
    sentence: `${subject} sleeps until ${instantFrom(timeoutAt, now)}.`,
    action: `${NOTHING} The server resolves it then.`,
    needsAction: false,
    until: timeoutAt,
  };
}

/** A pending promise with neither a task nor a timer. A client has to settle it. */
export function outside({ id, timeoutAt, createdAt }: WaitingPromise, subject: string, { now, chain }: Facts): Ending {
  const isOrphan = chain.ended === 'gone';
  const end = isNever(timeoutAt) ? '' : ` It times out at ${instantFrom(timeoutAt, now)}.`;
  const what = isOrphan
    ? 'is a step of a promise that does not exist or was deleted, so no worker settles it.'
    : 'has no target, so no worker settles it: it waits for an external client, such as a person who approves.';
  return {
    cause: isOrphan ? 'abandoned' : 'outside',
    sentence: `${subject} ${what}${end}`,
    action: isOrphan ? 'No worker continues with its result. Cancel it.' : 'Settle it when the answer is known.',
    command: isOrphan ? commandFor('promises cancel', id) : commandFor('promises resolve', id, '--data …'),
    needsAction: true,
    since: createdAt,
    ...(isNever(timeoutAt) ? {} : { until: timeoutAt }),
  };
}

/** A step whose caller has settled. */
export function abandoned({ promise }: Link, { chain, now }: Facts): Ending {
  const step = chain.links.at(-2)?.promise ?? promise;
  const end = isNever(step.timeoutAt) ? '' : ` It times out at ${instantFrom(step.timeoutAt, now)}.`;
  return {
    cause: 'abandoned',
    sentence: `${named(promise)} has ended (${promise.state}), so nobody runs its steps any more.${end}`,
    action: 'Usually nothing waits for it. If something does, cancel it.',
    command: commandFor('promises cancel', step.id),
    needsAction: false,
    ...(promise.settledAt !== null && { since: promise.settledAt }),
    ...(isNever(step.timeoutAt) ? {} : { until: step.timeoutAt }),
  };
}

export function haltedTask({ id }: WaitingPromise, subject: string): Ending {
  return {
    cause: 'halted',
    sentence: `${subject} is halted: no worker gets it until a client continues it.`,
    action: 'Continue its task.',
    command: commandFor('tasks continue', id),
    needsAction: true,
  };
}

export function heldTask(waiting: Waiting, facts: Facts): Ending {
  const { promise, task, subject } = waiting;
  const { now } = facts;
  const { pid, ttl, dueAt } = task;
  if (dueAt !== null && dueAt <= now - LATE_MS) {
    return timersLate(
      `The lease of ${subject === 'It' ? 'its worker' : named(promise)} ended at ${instant(dueAt)}`,
      facts,
      dueAt,
    );
  }
  const repeated = givenBack(waiting, facts);
  if (repeated) return repeated;
  const heartbeatAt = dueAt !== null && ttl !== null ? dueAt - ttl : null;
  const lease = dueAt === null ? '' : ` until ${instant(dueAt)}`;
  const heartbeat = heartbeatAt === null ? '' : `, last heartbeat ${span(now - heartbeatAt)} ago`;
  const isLate = heartbeatAt !== null && ttl !== null && now - heartbeatAt > ttl * LATE_SHARE;
  const advice = isLate
    ? 'Its last heartbeat is late: the worker may hang or be gone. Another one gets the task when the lease ends.'
    : 'The worker runs it, so there is nothing to do. If that takes too long, look at its log. If the worker is gone, another one gets the task when the lease ends.';
  return {
    cause: 'held',
    sentence: `${subject} is held by worker ${shortened(pid ?? '?')}${lease}${heartbeat}.`,
    action: `${advice} To give it to another one now, release its task.`,
    command: commandFor('tasks release', promise.id, `--version ${task.version}`),
    needsAction: false,
    ...(heartbeatAt !== null && { since: heartbeatAt }),
    ...(dueAt !== null && { until: dueAt }),
  };
}

/** A suspended task that waits for no pending promise: its awaited promise has timed out, or it never had one. */
export function suspendedTask(promise: WaitingPromise, subject: string, facts: Facts): Ending {
  const { now, chain } = facts;
  const { expiredAt } = chain;
  const it = subject === 'It' ? 'it' : named(promise);
  if (expiredAt === null) {
    return {
      cause: 'abandoned',
      sentence: `${subject} is suspended and waits for no promise, so nothing resumes its task.`,
      action: 'Its worker suspended it without anything to wait for. Cancel the promise.',
      command: commandFor('promises cancel', promise.id),
      needsAction: true,
    };
  }
  if (expiredAt <= now - LATE_MS || !hasLeader(facts)) {
    return timersLate(`The promise that ${it} waits for timed out at ${instant(expiredAt)}`, facts, expiredAt);
  }
  return justSettled(`The promise that ${it} waits for timed out`);
}

/** What the promise waits for has settled or timed out just now. Its task has not been resumed yet. */
export function justSettled(what: string): Ending {
  return {
    cause: 'in_delivery',
    sentence: `${what} just now, so it is about to continue.`,
    action: `${NOTHING} Ask again in a few seconds.`,
    needsAction: false,
  };
}

/** The chain continues, but it was not followed further. */
export function unfollowed(ended: 'cycle' | 'too_deep' | 'hidden', { id }: WaitingPromise, subject: string): Ending {
  switch (ended) {
    case 'cycle':
      return {
        cause: 'cycle',
        sentence: `${subject} waits for a promise that waits for it, so neither can continue.`,
        action: 'Cancel one of the promises of the chain, and change the functions: no call may await its own caller.',
        needsAction: true,
      };
    case 'too_deep':
      return {
        cause: 'too_deep',
        sentence: `${subject} waits for another one, and so on: the chain is too long to follow.`,
        action: 'To follow it further, look at this promise.',
        command: commandFor('promises why', id),
        needsAction: false,
      };
    case 'hidden':
      return {
        cause: 'hidden',
        sentence: `${subject} waits for a promise that this token may not see.`,
        action: 'Use a token that may see it.',
        needsAction: false,
      };
  }
}
