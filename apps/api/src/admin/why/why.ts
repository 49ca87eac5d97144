import type { Why } from '@resonate/admin';
import type { FailedPromise, WaitingPromise } from '@resonate/store';
import type { Ending, Facts, Link } from './facts.ts';
import { pendingTask } from './pending-task.ts';
import { settled } from './settled.ts';
import {
  abandoned,
  haltedTask,
  heldTask,
  justSettled,
  outside,
  sleeping,
  suspendedTask,
  unfollowed,
} from './waiting.ts';
import { named } from './words.ts';

/**
 * The maximum number of promises of a chain that the sentence names. Of a longer chain it names the first ones and the
 * last one.
 */
const NAMED = 4;

/** Explains why a promise is pending, or how it ended. A pure function of `facts`. */
export function why(facts: Facts): Why {
  const { chain, now } = facts;
  const [first] = chain.links;
  const last = chain.links.at(-1) ?? first;
  const { cause, sentence, action, command, needsAction, error, since, until } = endingOf(last, facts);
  const culprit = chain.failed.at(-1);
  const promise = culprit?.id ?? last.promise.id;
  return {
    now,
    id: first.promise.id,
    cause,
    sentence: [waits(chain.links), sentence].filter((part) => part !== '').join(' '),
    action,
    ...(command !== undefined && { command }),
    needsAction,
    ...(error !== undefined && { error }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(promise !== first.promise.id && { promise }),
    chain: [
      ...chain.links.map((link, index) => {
        const others = chain.links[index + 1]?.others ?? 0;
        return { ...step(link.promise), ...(others > 0 && { others }) };
      }),
      ...chain.failed.map(step),
    ],
  };
}

/** A promise as the answer lists it. */
function step({ id, state, function: name }: WaitingPromise | FailedPromise): Why['chain'][number] {
  return { id, state, ...(name !== undefined && { function: name }) };
}

function endingOf(link: Link, facts: Facts): Ending {
  const { chain } = facts;
  const { promise } = link;
  // The sentence has just named the promise.
  const subject = chain.links.length > 1 ? 'That promise' : 'It';
  if (promise.state !== 'pending') {
    if (link.as === 'awaited') return justSettled(`${subject} has settled`);
    return link.as === 'branch' ? abandoned(link, facts) : settled(promise, facts);
  }
  if (chain.ended === 'cycle' || chain.ended === 'too_deep' || chain.ended === 'hidden') {
    return unfollowed(chain.ended, promise, subject);
  }
  const { task } = promise;
  if (promise.isTimer) return sleeping(promise, subject, facts);
  if (!task) return outside(promise, subject, facts);
  switch (task.state) {
    case 'pending':
      return pendingTask({ promise, task, subject }, facts);
    case 'acquired':
      return heldTask({ promise, task, subject }, facts);
    case 'halted':
      return haltedTask(promise, subject);
    case 'suspended':
    case 'fulfilled':
      return suspendedTask(promise, subject, facts);
  }
}

/** `It waits for B (and 2 others), which waits for C.` */
function waits([, ...rest]: readonly Link[]): string {
  if (rest.length === 0) return '';
  const shown = rest.length <= NAMED ? rest : [...rest.slice(0, NAMED - 1), ...rest.slice(-1)];
  const parts = shown.map((link, index) => {
    const skipped = index > 0 && index === shown.length - 1 ? rest.length - shown.length : 0;
    const who = index === 0 ? 'It' : ', which';
    const over = skipped > 0 ? ` (over ${skipped} more)` : '';
    return `${who} ${link.as === 'branch' ? 'is a step of' : 'waits for'}${over} ${named(link.promise)}${andOthers(link)}`;
  });
  return `${parts.join('')}.`;
}

function andOthers({ others }: Link): string {
  if (others === 0) return '';
  return ` (and ${others === 1 ? '1 other' : `${others} others`})`;
}
