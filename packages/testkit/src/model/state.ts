import type { Message, PromiseRecord, ScheduleRecord } from '@resonate/protocol';

/** A message that waits. Times are epoch ms. */
export interface WaitingMessage {
  dueAt: number;
  /** null: its sender delayed it, and no attempt was made since. */
  enqueuedAt: number | null;
  attempts: number;
  claimedBy: string | null;
  deferredBy: string | null;
}

/** A message that nobody could deliver. */
export interface ModelLetter {
  awaited: string;
  address: string;
  attempts: number;
  lastError: string;
  enqueuedAt: number;
  diedAt: number;
}

/** Everything the model remembers. Plain maps and arrays; nothing derived, nothing indexed. */
export interface ModelState {
  /** The records are replaced, never changed in place. */
  promises: Map<string, Readonly<PromiseRecord>>;
  tasks: Map<string, ModelTask>;
  schedules: Map<string, ScheduleRecord>;
  /** Registrations that have not fired yet, in the order they came. */
  callbacks: { awaited: string; awaiter: string }[];
  listeners: { id: string; address: string }[];
  /** The entries are replaced, never changed in place. */
  outbox: OutboxEntry[];
  /** Dead letters, each with the entry that it was. */
  letters: { entry: OutboxEntry; letter: ModelLetter }[];
}

export interface ModelTask {
  id: string;
  state: 'pending' | 'acquired' | 'suspended' | 'halted' | 'fulfilled';
  version: number;
  /** The awaited promises that settled since the last acquire: a set, so an awaited counts once. */
  resumes: Set<string>;
  pid?: string;
  ttl?: number;
  /** Pending: when `execute` is sent again. Acquired: when the lease ends. Otherwise absent. */
  timerAt?: number;
  /** How often in a row its worker gave it back or lost it without having got anywhere. */
  setbacks: number;
}

export interface OutboxEntry extends WaitingMessage {
  address: string;
  message: Message;
}

/** What the rules need besides the state. */
export interface Context {
  state: ModelState;
  now: number;
  retryTimeoutMs: number;
  /** What `execute` messages carry. */
  serverUrl: string;
  /** A fence answers the whole branch while it is small, or never more than its own promise (as over WebSockets). */
  fencePreload: 'small' | 'own';
}

/** A request that is answered with an error; nothing was changed. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export function emptyState(): ModelState {
  return {
    promises: new Map(),
    tasks: new Map(),
    schedules: new Map(),
    callbacks: [],
    listeners: [],
    outbox: [],
    letters: [],
  };
}

/** In byte order, as every list of the protocol is. */
export function byId<T extends { id: string }>(records: Iterable<T>): T[] {
  // One latin1 character per byte: such strings compare as the bytes do.
  return [...records]
    .map((record) => ({ record, bytes: Buffer.from(record.id).toString('latin1') }))
    .sort((a, b) => (a.bytes < b.bytes ? -1 : 1))
    .map(({ record }) => record);
}

/** A copy to try something on. Copies share records that are never changed in place, such as promises. */
export function copyState(state: ModelState): ModelState {
  return {
    promises: new Map(state.promises),
    tasks: new Map([...state.tasks].map(([id, task]) => [id, { ...task, resumes: new Set(task.resumes) }])),
    schedules: new Map([...state.schedules].map(([id, schedule]) => [id, { ...schedule }])),
    callbacks: [...state.callbacks],
    listeners: [...state.listeners],
    outbox: [...state.outbox],
    letters: [...state.letters],
  };
}
