import { STATE_VERBS } from '@resonate/admin/words';
import type { WaitingPromise } from '@resonate/store';
import { errorFor } from '../dead-letters.ts';
import type { Ending, Facts } from './facts.ts';
import { receiverOf } from './receivers.ts';
import { counted, instantFrom, named, span } from './words.ts';

const CAUSES = { rejected: 'failed', rejected_canceled: 'canceled', rejected_timedout: 'timed_out' } as const;

/** How a promise ended. */
export function settled(promise: WaitingPromise, facts: Facts): Ending {
  const { state } = promise;
  if (state === 'resolved' || state === 'pending') {
    return undelivered(promise, facts) ?? waitingNotification(promise, facts) ?? resolved(promise, facts);
  }
  const { outcome, failed } = facts.chain;
  const error = outcome?.error ?? failed.at(-1)?.error;
  const firstFailure = failed.at(-1);
  const name = (firstFailure ?? promise).function;
  return {
    cause: CAUSES[state],
    sentence: [`${ended(promise, facts)}${errorText(outcome?.error)}.`, firstFailureText(facts), deadLetterText(facts)]
      .filter((part) => part !== '')
      .join(' '),
    action: ACTIONS[state](name === undefined ? 'the function' : `the function ${name}`),
    needsAction: false,
    ...(error !== undefined && { error }),
    ...(promise.settledAt !== null && { since: promise.settledAt }),
  };
}

const ACTIONS: Record<keyof typeof CAUSES, (name: string) => string> = {
  rejected: (name) =>
    `Fix what made ${name} fail, then call it again under a new id, because a settled promise never changes. Its param has the arguments.`,
  rejected_canceled: () => 'A client canceled it. Call it again under a new id if it is still wanted.',
  rejected_timedout: (name) =>
    `Find out what took so long, or give ${name} a longer timeout. Then call it again under a new id.`,
};

/** `It failed at … (5 min ago), 3 s after it was created` */
function ended({ state, settledAt, createdAt }: WaitingPromise, { now }: Facts): string {
  const it = `It ${STATE_VERBS[state]}`;
  if (settledAt === null) return it;
  return `${it} at ${instantFrom(settledAt, now)}, ${span(settledAt - createdAt)} after it was created`;
}

function errorText(error: string | undefined): string {
  return error === undefined ? '' : `: ${error.replace(/\.$/, '')}`;
}

/** Which descendant failed first. */
function firstFailureText({ chain: { failed, outcome } }: Facts): string {
  const firstFailure = failed.at(-1);
  if (!firstFailure || firstFailure.state === 'pending' || firstFailure.state === 'resolved') return '';
  const who = named(firstFailure);
  if (firstFailure.error !== undefined && firstFailure.error === outcome?.error) return `The error came from ${who}.`;
  return `Before that, ${who} ${STATE_VERBS[firstFailure.state]}${errorText(firstFailure.error)}.`;
}

function resolved(promise: WaitingPromise, facts: Facts): Ending {
  return {
    cause: 'resolved',
    sentence: `${ended(promise, facts)}.`,
    action: 'There is nothing to do.',
    needsAction: false,
    ...(promise.settledAt !== null && { since: promise.settledAt }),
  };
}

/** A listener that will not be notified, because its message is a dead letter. */
function undelivered(promise: WaitingPromise, facts: Facts): Ending | null {
  const [letter] = facts.chain.outcome?.deadLetters ?? [];
  if (!letter) return null;
  const error = errorFor(letter, facts.prefix);
  return {
    cause: 'dead_letter',
    sentence: `${ended(promise, facts)}, but not every listener was notified. ${deadLetterText(facts)}`,
    action: 'Make the target work, then send it again.',
    command: `resonate dead-letters redrive ${letter.id}`,
    needsAction: true,
    error,
    since: letter.diedAt,
  };
}

/** `The notification to X is a dead letter (10 attempts): …` */
function deadLetterText(facts: Facts): string {
  const letters = facts.chain.outcome?.deadLetters ?? [];
  const [letter] = letters;
  if (!letter) return '';
  const others = letters.length - 1;
  const more = others === 0 ? '' : ` ${counted(others, 'other notification')} could not be delivered either.`;
  const attempts = counted(letter.attempts, 'attempt');
  return `The notification to ${receiverOf(letter)} is a dead letter (${attempts})${errorText(errorFor(letter, facts.prefix))}.${more}`;
}

/** A listener's notification that failed and waits for its next attempt. */
function waitingNotification(promise: WaitingPromise, facts: Facts): Ending | null {
  const { now } = facts;
  const tried = facts.chain.outcome?.listeners.find(({ attempts }) => attempts > 1);
  if (!tried) return null;
  const { attempts, dueAt } = tried;
  const next = dueAt === null || dueAt <= now ? '' : ` The next attempt is at ${instantFrom(dueAt, now)}.`;
  return {
    cause: 'notification_waits',
    sentence: `${ended(promise, facts)}, but the notification to ${receiverOf(tried)} has not arrived (${counted(attempts, 'attempt')}).${next}`,
    action: 'Make the target work, or start the client that waits. The server tries again by itself.',
    needsAction: true,
    ...(tried.enqueuedAt !== null && { since: tried.enqueuedAt }),
    ...(dueAt !== null && dueAt > now && { until: dueAt }),
  };
}
