import { isDeepStrictEqual } from 'node:util';
import { parseAddress } from '@resonate/protocol';
import { isPending } from './rules.ts';
import type { Context, ModelLetter, ModelTask, OutboxEntry, WaitingMessage } from './state.ts';

export type { ModelLetter, WaitingMessage } from './state.ts';

/** The parameters of a claim. */
export interface ModelClaim {
  transport: string;
  target: string;
  limit: number;
  preferred: readonly string[];
  graceMs: number;
  by: string;
  holdMs: number;
}

interface Queue {
  transport: string;
  target: string;
}

type Which = (message: OutboxEntry) => boolean;

/** The key of a message: the task of an `execute`, the promise and the address of an `unblock`. */
export function messageKey(id: string, address?: string): string {
  return address === undefined ? `execute ${id}` : `unblock ${id} ${address}`;
}

/** All waiting messages by their key. */
export function waitingMessages(context: Context): Map<string, WaitingMessage> {
  return new Map(
    all(context).map((entry) => {
      const { dueAt, enqueuedAt, attempts, claimedBy, deferredBy } = entry;
      return [keyOf(entry), { dueAt, enqueuedAt, attempts, claimedBy, deferredBy }];
    }),
  );
}

/**
 * A process claims messages. Messages that are equally old have no order, so several results are correct.
 * @param got the keys of the messages that it got.
 * @throws if this result is not correct.
 */
export function claim(context: Context, wanted: ModelClaim, got: readonly string[]): void {
  const mayTake = all(context).filter((entry) => isClaimable(context, entry, wanted));
  const taken = mayTake.filter((entry) => got.includes(keyOf(entry)));
  const left = mayTake.filter((entry) => !taken.includes(entry));
  const wrong = (why: string) => new Error(`a claim got ${JSON.stringify(got)}: ${why}`);
  if (taken.length !== got.length) throw wrong(`it may only get ${JSON.stringify(mayTake.map(keyOf))}`);
  const due = Math.min(wanted.limit, mayTake.length);
  if (taken.length !== due) throw wrong(`it should have got ${due} of ${mayTake.length} waiting messages`);
  for (const one of taken) {
    if (left.some((other) => comesBefore(other, one))) throw wrong(`${keyOf(one)} was not the first in its queue`);
  }
  for (const entry of taken) {
    replace(context, entry, {
      dueAt: context.now + wanted.holdMs,
      enqueuedAt: entry.enqueuedAt ?? entry.dueAt,
      attempts: nextAttempt(entry),
      claimedBy: wanted.by,
      deferredBy: null,
    });
  }
}

/**
 * The number of this attempt. If the last claim has no recorded outcome, that claim does not count as a failure, but this
 * attempt is not the first, so the number is at least 2. For an `execute`, earlier failures are forgotten then, because
 * its success is never recorded.
 */
function nextAttempt({ message, claimedBy, attempts }: OutboxEntry): number {
  const isSilent = claimedBy !== null;
  if (!isSilent) return attempts + 1;
  return message.kind === 'unblock' && attempts > 2 ? attempts : 2;
}

function isClaimable(context: Context, entry: OutboxEntry, { preferred, graceMs, ...queue }: ModelClaim): boolean {
  if (!isFor(queue, entry) || entry.dueAt > context.now) return false;
  if (entry.message.kind === 'execute' && !isPending(context, entry.message.data.task.id)) return false;
  const poll = parseAddress(entry.address)?.poll;
  const prefers = poll?.cast === 'any' ? poll.id : null;
  return prefers === null || preferred.includes(prefers) || entry.dueAt + graceMs <= context.now;
}

/** An `unblock` comes before an `execute`. Otherwise the message that was due first comes first. */
function comesBefore(one: OutboxEntry, other: OutboxEntry): boolean {
  if (one.message.kind !== other.message.kind) return one.message.kind === 'unblock';
  return one.dueAt < other.dueAt;
}

/** The process reports that an `unblock` was delivered. */
export function delivered(context: Context, key: string, by: string): void {
  for (const entry of claimedUnder(context, key, by)) replace(context, entry, null);
}

/** The process reports that a message was not delivered. @param version the version in an `execute`. */
export function failed(context: Context, key: string, by: string, againAt: number, version?: number): void {
  for (const entry of claimedUnder(context, key, by)) {
    const isStale = entry.message.kind === 'execute' && entry.message.data.task.version !== version;
    if (!isStale) replace(context, entry, { dueAt: againAt, claimedBy: null });
  }
}

/** The process reports that an `unblock` has finally failed. It becomes a dead letter. */
export function died(context: Context, key: string, by: string, error: string): void {
  for (const entry of claimedUnder(context, key, by)) keepAsLetter(context, entry, error);
}

/** The process needs more time for an `unblock`. */
export function renew(context: Context, key: string, by: string, until: number): void {
  for (const entry of claimedUnder(context, key, by)) replace(context, entry, { dueAt: until });
}

/**
 * Releases the messages of processes that have ended.
 * @param holders null: all processes.
 * @param only `deferred`: only the messages that these processes deferred.
 * @param since only messages of this transport that are due at `dueFrom` or later.
 */
export function release(
  context: Context,
  holders: readonly string[] | null,
  { only, since }: { only?: 'deferred'; since?: { transport: string; dueFrom: number } } = {},
): void {
  const isGone = (holder: string | null) => holder !== null && (holders === null || holders.includes(holder));
  for (const entry of all(context)) {
    const isHeld = isGone(entry.deferredBy) || (only !== 'deferred' && isGone(entry.claimedBy));
    const isRecent = !since || (transportOf(entry) === since.transport && entry.dueAt >= since.dueFrom);
    if (!isHeld || !isRecent || entry.dueAt <= context.now) continue;
    replace(context, entry, { dueAt: context.now, claimedBy: null, deferredBy: null });
  }
}

/** The target keeps failing, so its due messages are deferred. */
export function defer(context: Context, queue: Queue, by: string, forMs: number): void {
  for (const entry of all(context)) {
    if (!isFor(queue, entry) || entry.dueAt > context.now) continue;
    const enqueuedAt = entry.enqueuedAt ?? entry.dueAt;
    // Older messages are due earlier, but none before half of the time has passed.
    const soonerMs = Math.min(context.now - enqueuedAt, Math.floor(forMs / 2));
    replace(context, entry, {
      dueAt: context.now + forMs - soonerMs,
      enqueuedAt,
      claimedBy: null,
      deferredBy: by,
    });
  }
}

/** The target works again: its waiting messages are due at the time at which they were enqueued. */
export function resume(context: Context, queue: Queue, withinMs: number): void {
  for (const entry of all(context).filter(isResumable(context, queue, withinMs))) {
    if (entry.attempts < MAX_RESUMED_ATTEMPTS)
      replace(context, entry, { dueAt: entry.enqueuedAt ?? entry.dueAt, deferredBy: null });
  }
}

/** A message that has failed this often is resumed only as a probe, if there is no other. It waits for its own backoff. */
const MAX_RESUMED_ATTEMPTS = 10;

/** Resumes one message as the probe. @param got its key; undefined if none was found. @throws if it is not the first. */
export function resumeOne(context: Context, queue: Queue, withinMs: number, got: string | undefined): void {
  const waiting = all(context).filter(isResumable(context, queue, withinMs));
  const failedRarely = waiting.filter(({ attempts }) => attempts < MAX_RESUMED_ATTEMPTS);
  const candidates = failedRarely.length > 0 ? failedRarely : waiting;
  const one = candidates.find((entry) => keyOf(entry) === got);
  if (got === undefined && candidates.length === 0) return;
  if (!one || candidates.some((other) => comesBefore(other, one))) {
    const first = `the first of ${JSON.stringify(candidates.map(keyOf))}`;
    throw new Error(`${got ?? 'nothing'} was resumed, but it should be ${first}`);
  }
  replace(context, one, { dueAt: one.enqueuedAt ?? one.dueAt, deferredBy: null });
}

function isResumable({ now }: Context, queue: Queue, withinMs: number): Which {
  return (entry) =>
    isFor(queue, entry) &&
    entry.claimedBy === null &&
    entry.dueAt > now &&
    entry.dueAt <= now + withinMs &&
    entry.enqueuedAt !== null &&
    entry.enqueuedAt < entry.dueAt;
}

/** An operator makes an `execute` due now. Its due time becomes `probeMs` before now; over poll it becomes now. */
export function deliverNow(context: Context, id: string, probeMs: number): void {
  const entry = all(context).find((each) => keyOf(each) === messageKey(id));
  if (!entry || entry.dueAt <= context.now) return;
  const enqueuedAt = entry.enqueuedAt ?? context.now;
  const dueAt = transportOf(entry) === 'poll' ? context.now : context.now - probeMs;
  replace(context, entry, { dueAt, enqueuedAt, claimedBy: null, deferredBy: null });
}

/** `unblock`s that have waited longer than `maxAgeMs` become dead letters, unless a process is sending them. */
export function giveUpOld(context: Context, transport: string, maxAgeMs: number, error: string): void {
  for (const entry of all(context)) {
    if (entry.message.kind !== 'unblock' || transportOf(entry) !== transport) continue;
    const isBeingSent = entry.claimedBy !== null && entry.dueAt > context.now;
    const isOld = entry.enqueuedAt !== null && context.now - entry.enqueuedAt > maxAgeMs;
    if (isOld && !isBeingSent) keepAsLetter(context, entry, error);
  }
}

/** Drops `unblock`s for a single connection that have been due and unclaimed for longer than `absentMs`. */
export function dropAbsent(context: Context, absentMs: number): void {
  for (const entry of all(context)) {
    const isForOne = parseAddress(entry.address)?.poll?.cast === 'uni';
    if (entry.message.kind !== 'unblock' || !isForOne || entry.claimedBy !== null) continue;
    if (context.now - entry.dueAt > absentMs) replace(context, entry, null);
  }
}

/** Dead letters of these `unblock`s become messages again. */
export function redrive(context: Context, keys: readonly string[]): void {
  const { state, now } = context;
  const isWanted = ({ awaited, address }: ModelLetter) => keys.includes(messageKey(awaited, address));
  for (const { entry, letter } of state.letters) {
    if (!isWanted(letter)) continue;
    const fresh = { dueAt: now, enqueuedAt: now, attempts: 0, claimedBy: null, deferredBy: null };
    state.outbox.push({ ...entry, ...fresh });
  }
  state.letters = state.letters.filter(({ letter }) => !isWanted(letter));
}

function keepAsLetter(context: Context, entry: OutboxEntry, lastError: string): void {
  if (entry.message.kind !== 'unblock') throw new Error('only an unblock can become a dead letter');
  const { address, attempts, dueAt } = entry;
  const enqueuedAt = entry.enqueuedAt ?? dueAt;
  const awaited = entry.message.data.promise.id;
  context.state.letters.push({
    entry,
    letter: { awaited, address, attempts, lastError, enqueuedAt, diedAt: context.now },
  });
  replace(context, entry, null);
}

/** The message with this key, if the process has claimed it. */
function claimedUnder(context: Context, key: string, by: string): OutboxEntry[] {
  return all(context).filter((entry) => keyOf(entry) === key && entry.claimedBy === by);
}

/** The whole outbox, including the messages of delayed tasks. */
function all({ state }: Context): OutboxEntry[] {
  const known = new Set(state.outbox.map(keyOf));
  const delayed = [...state.tasks.values()].filter(
    ({ id, state: taskState }) => taskState === 'pending' && !known.has(messageKey(id)),
  );
  return [...state.outbox, ...delayed.map((task) => delayedExecute(state.promises.get(task.id)?.tags ?? {}, task))];
}

function delayedExecute(tags: Record<string, string>, { id, version, timerAt = 0 }: ModelTask): OutboxEntry {
  return {
    address: tags['resonate:target'] ?? '',
    message: { kind: 'execute', head: { serverUrl: '' }, data: { task: { id, version } } },
    ...{ dueAt: timerAt, enqueuedAt: null, attempts: 0, claimedBy: null, deferredBy: null },
  };
}

/** Replaces the entry by a changed copy. @param changes null: removes it. */
function replace({ state }: Context, entry: OutboxEntry, changes: Partial<WaitingMessage> | null): void {
  const key = keyOf(entry);
  const others = state.outbox.filter((each) => keyOf(each) !== key);
  state.outbox = changes === null ? others : [...others, { ...entry, ...changes }];
}

function keyOf({ message, address }: OutboxEntry): string {
  if (message.kind === 'execute') return messageKey(message.data.task.id);
  return messageKey(message.data.promise.id, address);
}

function transportOf({ address }: OutboxEntry): string | undefined {
  return parseAddress(address)?.transport;
}

function isFor({ transport, target }: Queue, { address }: OutboxEntry): boolean {
  const parsed = parseAddress(address);
  return isDeepStrictEqual([parsed?.transport, parsed?.target], [transport, target]);
}
