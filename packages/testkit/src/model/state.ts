import type { Message, PromiseRecord, ScheduleRecord } from '@resonate/protocol';

/** A message that waits. Times are epoch ms. */
export interface WaitingMessage {
  dueAt: number;
  /** null: the message is delayed, and no attempt has been made yet. */
  enqueuedAt: number | null;
  attempts: number;
  claimedBy: string | null;
  deferredBy: string | null;
}

/** A dead letter: an `unblock` that could not be delivered. */
export interface ModelLetter {
  awaited: string;
  address: string;
  attempts: number;
  lastError: string;
  enqueuedAt: number;
  diedAt: number;
}

/** The whole state of the model, in plain maps and arrays, without derived data or indexes. */
export interface ModelState {
  /** The records are replaced, never changed in place. */
  promises: Map<string, Readonly<PromiseRecord>>;
  tasks: Map<string, ModelTask>;
  schedules: Map<string, ScheduleRecord>;
  /** Callbacks that have not fired yet, in the order of their registration. */
  callbacks: { awaited: string; awaiter: string }[];
  listeners: { id: string; address: string }[];
  /** The entries are replaced, never changed in place. */
  outbox: OutboxEntry[];
  /** Dead letters, each with its former entry in the outbox. */
  letters: { entry: OutboxEntry; letter: ModelLetter }[];
}

export interface ModelTask {
  id: string;
  state: 'pending' | 'acquired' | 'suspended' | 'halted' | 'fulfilled';
  version: number;
  /** The awaited promises that settled since the last acquire. It is a set, so each promise counts once. */
  resumes: Set<string>;
  pid?: string;
  ttl?: number;
  /** Pending: when `execute` is sent again. Acquired: when the lease ends. Otherwise absent. */
  timerAt?: number;
  /** How often in a row the task was released, or its lease expired, without progress. */
  setbacks: number;
}

export interface OutboxEntry extends WaitingMessage {
  address: string;
  message: Message;
}

/** The state, and what the rules need besides it. */
export interface Context {
  state: ModelState;
  now: number;
  retryTimeoutMs: number;
  /** The URL of the server in `execute` messages. */
  serverUrl: string;
  /**
   * `small`: the answer to a fence has the whole branch while the branch is small. `own`: it has only the promise that
   * the fence acted on, as over WebSockets.
   */
  fencePreload: 'small' | 'own';
}

/**
 * Thrown to answer the request with an error. The request has changed nothing; only expired promises that it names may
 * have been settled before.
 */
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

/** Sorts records by the bytes of their ids, like every list of the protocol. */
export function byId<T extends { id: string }>(records: Iterable<T>): T[] {
  // One latin1 character per byte: such strings compare as the bytes do.
  return [...records]
    .map((record) => ({ record, bytes: Buffer.from(record.id).toString('latin1') }))
    .sort((a, b) => (a.bytes < b.bytes ? -1 : 1))
    .map(({ record }) => record);
}

/** A copy that can be changed independently. Copies share records that are never changed in place, such as promises. */
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
