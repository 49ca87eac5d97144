import { LATE_MS, type Ending, type Facts, type Waiting } from './facts.ts';
import { givenBack } from './given-back.ts';
import { groupFacts, groupText, isServed, pollReceiver, receiverOf, targetFailure } from './receivers.ts';
import { commandFor, counted, instantFrom, span } from './words.ts';

/**
 * Why no worker has acquired a task: its message waits, or was delivered to a worker that does not acquire the task.
 */
export function pendingTask(waiting: Waiting, facts: Facts): Ending {
  return (
    delayed(waiting, facts) ??
    notServed(waiting, facts) ??
    noWorker(waiting, facts) ??
    givenBack(waiting, facts) ??
    targetFails(waiting, facts) ??
    late(waiting, facts) ??
    inDelivery(waiting)
  );
}

/** The caller requested a later start, and no message was due yet. */
function delayed({ promise, task, subject }: Waiting, { now }: Facts): Ending | null {
  const { dueAt, enqueuedAt } = task;
  if (enqueuedAt !== null || dueAt === null || dueAt <= now) return null;
  return {
    cause: 'delayed',
    sentence: `${subject} starts at ${instantFrom(dueAt, now)}, as its caller asked (resonate:delay).`,
    action: 'There is nothing to do. To start it now, deliver its message.',
    command: commandFor('tasks deliver', promise.id),
    needsAction: false,
    until: dueAt,
  };
}

function notServed({ task, subject }: Waiting, facts: Facts): Ending | null {
  const { transport } = task;
  if (isServed(transport, facts)) return null;
  return {
    cause: 'transport_off',
    sentence: `${subject} waits for ${receiverOf(task)}, but no running process delivers over ${transport}.`,
    action: `Switch the transport on (docs/transports.md)${transport === 'poll' ? '' : ', and in a cluster start a dispatcher: `resonate dispatcher`'}.`,
    needsAction: true,
    ...sinceOf(waiting(task)),
  };
}

function noWorker({ promise, task, subject }: Waiting, facts: Facts): Ending | null {
  if (task.transport !== 'poll') return null;
  const { now, prefix } = facts;
  const { group, id } = pollReceiver(task.target);
  const known = groupFacts(group, facts);
  // Processes count connections per group, not per id. An open connection gets a due message at once. So if the message
  // for this connection is overdue, the connection is not open.
  const isAway = known.connected === 0 || (id !== undefined && isOverdue(task, now));
  if (!isAway) return null;
  const receiver = receiverOf(task);
  const name = promise.function === undefined ? '' : ` that has the function ${promise.function}`;
  const numbers = prefix === '' ? ` (${groupText(known, now)})` : '';
  const [sentence, start] =
    id === undefined
      ? [`${subject} waits for a worker of ${receiver}, but none is connected`, `Start a worker of ${receiver}${name}.`]
      : [`${subject} waits for ${receiver}, which is not connected`, 'Start that worker again.'];
  return {
    cause: 'no_worker',
    sentence: `${sentence}${numbers}.`,
    action: `${start} If it runs, check its group and the URL of the server in its settings.`,
    needsAction: true,
    ...sinceOf(waiting(task)),
  };
}

function targetFails({ promise, task, subject }: Waiting, facts: Facts): Ending | null {
  const { now } = facts;
  const failure = targetFailure(task, facts);
  // If a message is not claimed and has attempts, its last attempt failed.
  const hasFailed = task.claimedBy === null && task.attempts > 0;
  // A stream that broke is no failing target: the message waits for another stream.
  if (task.transport === 'poll' || (!hasFailed && task.deferredBy === null)) return null;
  const reason = failure?.error === undefined ? '' : `: ${failure.error}`;
  // After a restart nobody knows whether the target failed or the transport had no room.
  const what = failure
    ? `cannot be delivered to ${receiverOf(task)}, which fails${reason} (${counted(failure.failures, 'failure')} in a row)`
    : `could not be delivered to ${receiverOf(task)} yet (${counted(task.attempts, 'attempt')})`;
  const nextAt = earliest(task.dueAt, task.deferredBy === null ? null : (failure?.retryAt ?? null));
  const next = nextAt === null || nextAt <= now ? '' : ` The next attempt is at ${instantFrom(nextAt, now)}.`;
  return {
    cause: 'target_fails',
    sentence: `${subject} ${what}.${next}`,
    action: 'Make the target work. The server tries again by itself. To try it now, deliver the message.',
    command: commandFor('tasks deliver', promise.id),
    needsAction: true,
    ...(failure?.error !== undefined && { error: failure.error }),
    ...sinceOf(waiting(task)),
    ...(nextAt !== null && nextAt > now && { until: nextAt }),
  };
}

/** The message has been due for too long, or was delivered and the task was not acquired for too long. */
function late({ promise, task, subject }: Waiting, facts: Facts): Ending | null {
  const { now, retryTimeoutMs } = facts;
  const { attempts, claimedBy, dueAt, enqueuedAt } = task;
  if (claimedBy !== null && dueAt !== null && dueAt > now) {
    const sentAt = dueAt - retryTimeoutMs;
    // The first message may have waited long for a worker, so count from when it was sent. If it was sent again, the
    // earlier attempts count, too.
    const since = attempts > 1 ? (enqueuedAt ?? now) : sentAt;
    if (now - since < LATE_MS) return null;
    return {
      cause: 'not_taken',
      sentence: `${subject} was sent to ${receiverOf(task)} ${span(now - sentAt)} ago, but no worker has acquired it. It is sent again at ${instantFrom(dueAt, now)}.`,
      action:
        'Look at the log of the workers: they may be busy, hang, or not reach the server. To send it again now, deliver the message.',
      command: commandFor('tasks deliver', promise.id),
      needsAction: true,
      ...sinceOf(waiting(task)),
      until: dueAt,
    };
  }
  if (!isOverdue(task, now)) return null;
  const who =
    task.transport === 'poll' ? 'although a worker is connected' : 'although a process delivers to such targets';
  return {
    cause: 'not_delivered',
    sentence: `${subject} has been due for ${span(now - (dueAt ?? now))} and was not delivered to ${receiverOf(task)}, ${who}.`,
    action:
      'The receiver may be busy: it takes a limited number of messages at once. If not, look at the log of the server (api for poll://, else dispatcher).',
    needsAction: true,
    ...sinceOf(waiting(task)),
  };
}

function inDelivery({ task, subject }: Waiting): Ending {
  return {
    cause: 'in_delivery',
    sentence: `${subject} is being delivered to ${receiverOf(task)}.`,
    action: 'There is nothing to do. Ask again in a few seconds.',
    needsAction: false,
    ...sinceOf(task.enqueuedAt),
  };
}

function isOverdue({ dueAt }: Waiting['task'], now: number): boolean {
  return dueAt !== null && dueAt <= now - LATE_MS;
}

/** The time at which its message began to wait, epoch ms. */
function waiting({ enqueuedAt, dueAt }: Waiting['task']): number | null {
  return enqueuedAt ?? dueAt;
}

function sinceOf(at: number | null): { since?: number } {
  return at === null ? {} : { since: at };
}

function earliest(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
