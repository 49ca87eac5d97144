import type { Message, PromiseRecord, ScheduleRecord } from '@resonate/protocol';

/** Everything the model remembers. Plain maps and arrays; nothing derived, nothing indexed. */
export interface ModelState {
  promises: Map<string, PromiseRecord>;
  tasks: Map<string, ModelTask>;
  schedules: Map<string, ScheduleRecord>;
  /** Registrations that have not fired yet, in the order they came. */
  callbacks: { awaited: string; awaiter: string }[];
  listeners: { id: string; address: string }[];
  outbox: OutboxEntry[];
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
}

export interface OutboxEntry {
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
  };
}

/** In byte order, as every list of the protocol is. */
export function byId<T extends { id: string }>(records: Iterable<T>): T[] {
  return [...records].sort((a, b) => Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)));
}
