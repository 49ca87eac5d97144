import type { PromiseRecord, Reply, ScheduleRecord, StringMap, TaskRecord, Value } from '@resonate/protocol';
import type { Random } from '../random.ts';

/**
 * The values that requests are made of. There are few ids, so that requests often name the same promise. Versions,
 * owners and cursors come from earlier answers, so that they are often valid.
 */

export interface GeneratedRequest {
  kind: string;
  data: Record<string, unknown>;
  now: number;
}

const TARGETS = [
  'poll://any@g1',
  'poll://any@g1/w1',
  'poll://uni@g2/w9',
  'http://worker.invalid/a',
  'gcps://p/t',
  'bash://',
  'kafka://orders',
  'kafka://eu-1/orders.v2',
  'sqs://orders',
  'sqs://eu-central-1/orders.fifo',
  'sqs://localhost:9324/000000000000/orders',
];
const LISTENERS = [
  'poll://any@g9',
  'poll://uni@g1/w1',
  'http://listener.invalid/x',
  'https://listener.invalid/y',
  'kafka://settled',
  'sqs://settled.fifo',
];
const PAST_TIMEOUTS_MS = [-5_000, -1, 0];
const TIMEOUTS_MS = [1, 500, 5_000, 20_000, 40_000, 40_000, 200_000, 400_000, 400_000, 1_000_000_000];
/** Promises with a target mostly live longer, so that the promises they await settle first. */
const TARGET_TIMEOUTS_MS = [5_000, 40_000, 200_000, 400_000, 400_000, 1_000_000_000, 1_000_000_000];
const LEASES_MS = [1, 500, 5_000, 60_000, 60_000, 600_000];
const DELAYS_MS = [-1_000, 0, 1, 50, 3_000, 31_000];
const RETRY_MS = 30_000;
const TEN_YEARS_MS = 315_360_000_000;

/** What the generator knows from the answers so far, and the values that it makes from that for one set of ids. */
export class Draft {
  readonly random: Random;
  /** The ids in use. Some time after the promise of an id has settled, a new id replaces it. */
  readonly #ids: string[];
  readonly #timeless: boolean;
  readonly #tasks = new Map<string, TaskRecord>();
  /** The timeout of each promise by id; undefined if it was last seen settled. The oldest are forgotten. */
  readonly #promises = new Map<string, number | undefined>();
  /** Awaited promise -> the tasks that wait for it. */
  readonly #awaiters = new Map<string, Set<string>>();
  readonly #cursors = new Map<string, string>();
  /** The next run of the schedule that was seen last. */
  #nextRunAt = 0;
  #generation = 0;
  now: number;

  constructor(random: Random, now: number, ids: readonly string[], timeless: boolean) {
    this.random = random;
    this.now = now;
    this.#timeless = timeless;
    this.#ids = [...ids];
  }

  /** Remembers what an answer said. */
  learn({ kind, data }: GeneratedRequest, reply: Reply): void {
    if (reply.status >= 400) return;
    const answer = reply.data as Answer;
    const promises = [
      answer.promise,
      answer.action?.data?.promise,
      ...(answer.promises ?? []),
      ...(answer.preload ?? []),
    ];
    for (const promise of promises) {
      if (promise) this.#learnPromise(promise);
    }
    for (const task of [answer.task, ...(answer.tasks ?? [])]) {
      if (task) this.#tasks.set(task.id, task);
    }
    if (answer.schedule) this.#nextRunAt = answer.schedule.nextRunAt;
    if (answer.cursor) this.#cursors.set(kind, answer.cursor);
    else this.#cursors.delete(kind);
    const next = reply.status === 300 ? undefined : STATE_AFTER[kind];
    const task = this.#tasks.get(String(data['id']));
    if (task && next) this.#tasks.set(task.id, { ...task, state: next });
    if (reply.status === 200) this.#learnCallbacks(data);
    this.#forget();
  }

  #learnCallbacks({ awaited, awaiter, actions = [] }: Waiting): void {
    for (const pair of [{ awaited, awaiter }, ...actions.map((action) => action.data)]) {
      if (pair.awaited === undefined || pair.awaiter === undefined) continue;
      if (this.#promises.get(pair.awaited) === undefined) continue;
      this.#awaiters.set(pair.awaited, (this.#awaiters.get(pair.awaited) ?? new Set()).add(pair.awaiter));
    }
  }

  #learnSettled(awaited: string): void {
    for (const awaiter of this.#awaiters.get(awaited) ?? []) {
      const task = this.#tasks.get(awaiter);
      if (task?.state === 'suspended') this.#tasks.set(awaiter, { ...task, state: 'pending' });
    }
    this.#awaiters.delete(awaited);
  }

  #learnPromise({ id, state, tags, timeoutAt }: PromiseRecord): void {
    this.#promises.delete(id);
    this.#promises.set(id, state === 'pending' ? timeoutAt : undefined);
    if (state !== 'pending') this.#learnSettled(id);
    const task = this.#tasks.get(id) ?? { id, state: 'pending', version: 0, resumes: 0 };
    if (tags['resonate:target'] !== undefined) {
      this.#tasks.set(id, state === 'pending' ? task : { ...task, state: 'fulfilled' });
    }
    if (state !== 'pending' && this.random.chance(0.5)) this.#replace(id);
  }

  #replace(id: string): void {
    const place = this.#ids.indexOf(id);
    if (place < 0) return;
    this.#generation += 1;
    this.#ids[place] = `${id.split('~')[0]}~${this.#generation}`;
  }

  #forget(): void {
    for (const id of this.#promises.keys()) {
      if (this.#promises.size <= 2 * this.#ids.length) return;
      this.#promises.delete(id);
      this.#tasks.delete(id);
      this.#awaiters.delete(id);
    }
  }

  /** A future time at which a promise, a retry or a lease ends or a schedule runs, if one is known. */
  deadline(): number | undefined {
    const waitedFor = [...this.#awaiters.keys()].map((id) => this.#promises.get(id) ?? 0);
    const leases = [...this.#tasks.values()].map(({ ttl }) => this.now + (ttl ?? RETRY_MS));
    const known = [...waitedFor, ...waitedFor, ...this.#promises.values(), ...leases, this.#nextRunAt];
    const ahead = known.filter((time) => {
      return time !== undefined && time > this.now && time < this.now + 45_000;
    });
    return ahead.length > 0 ? this.random.pick(ahead) : undefined;
  }

  anyId(): string {
    return this.random.pick(this.#ids);
  }

  /** Awaited promises that have expired but are not settled yet. The next request that names one settles it. */
  #overdue(): string[] {
    return [...this.#awaiters.keys()].filter((id) => (this.#promises.get(id) ?? Infinity) <= this.now);
  }

  #isForOverdue(): boolean {
    return this.random.chance(0.5);
  }

  /** A new id. Later requests use it, too. */
  freshId(): string {
    const place = this.random.int(0, this.#ids.length - 1);
    this.#replace(this.#ids[place]!);
    return this.#ids[place]!;
  }

  /** An id for a promise that is created. */
  newId(): string {
    const overdue = this.#overdue();
    return overdue.length > 0 && this.#isForOverdue() ? this.random.pick(overdue) : this.anyId();
  }

  /** Mostly the id of an existing promise, also of one that a schedule created; often an awaited or overdue one. */
  promiseId(): string {
    const overdue = this.#overdue();
    if (overdue.length > 0 && this.#isForOverdue()) return this.random.pick(overdue);
    if (this.random.chance(0.25)) return this.#pickFrom(this.#awaiters.keys());
    return this.random.chance(0.9) ? this.#pickFrom(this.#promises.keys()) : this.anyId();
  }

  /** Mostly the id of a promise that was last seen pending. */
  pendingId(): string {
    const pending = [...this.#promises].filter(([, timeoutAt]) => timeoutAt !== undefined).map(([id]) => id);
    return this.random.chance(0.75) ? this.#pickFrom(pending) : this.promiseId();
  }

  /** An id of `pick` that isn't `other`. */
  but(other: string, pick: () => string): string {
    for (let tries = 0; tries < 20; tries++) {
      const id = pick();
      if (id !== other) return id;
    }
    return `${other}.other`;
  }

  /** Mostly the id of a task that was last seen in one of these states, else of any task. */
  taskId(...states: TaskRecord['state'][]): string {
    const overdue = this.#overdue().filter((id) => this.#tasks.has(id));
    if (overdue.length > 0 && this.#isForOverdue()) return this.random.pick(overdue);
    const tasks = [...this.#tasks.values()];
    const fitting = tasks.filter(({ state }) => states.includes(state));
    const others = this.random.chance(0.8) ? tasks : [];
    const chosen = fitting.length > 0 && this.random.chance(0.85) ? fitting : others;
    return this.#pickFrom(chosen.map(({ id }) => id));
  }

  #pickFrom(ids: Iterable<string>): string {
    const list = [...ids];
    return list.length > 0 ? this.random.pick(list) : this.anyId();
  }

  /** The fields with which all requests of an owner begin: mostly those of an acquired task, at its version. */
  versioned(): { id: string; version: number } {
    const id = this.taskId('acquired');
    return { id, version: this.version(id) };
  }

  scheduleId(): string {
    return this.random.pick(['s0', 's1', 's2']);
  }

  /** Mostly the version the task was last seen at. */
  version(id: string): number {
    return this.random.chance(0.9) ? (this.#tasks.get(id)?.version ?? 0) : this.random.int(0, 3);
  }

  /** Mostly the owner the task was last seen with. */
  pid(id?: string): string {
    const owner = id === undefined ? undefined : this.#tasks.get(id)?.pid;
    return owner !== undefined && this.random.chance(0.8) ? owner : this.random.pick(['p1', 'p2', 'p3']);
  }

  ttl(): number {
    return this.#timeless ? TEN_YEARS_MS : this.random.pick(LEASES_MS);
  }

  #timeoutAt(hasTarget: boolean): number {
    const toCome = hasTarget ? TARGET_TIMEOUTS_MS : TIMEOUTS_MS;
    const usual = this.random.pick(this.random.chance(0.1) ? PAST_TIMEOUTS_MS : toCome);
    const afterMs = this.#timeless ? TEN_YEARS_MS : usual;
    return Math.max(0, this.now + afterMs);
  }

  address(): string {
    return this.random.pick(LISTENERS);
  }

  value(): Value {
    const { random } = this;
    const value: Value = {};
    if (random.chance(0.6)) value.data = random.pick(['djE=', 'eA==', '', 'ünï "quoted" \\ text']);
    if (random.chance(0.3)) value.headers = random.pick<StringMap>([{}, { k: 'v1' }, { k: 'v2', 'x-y': '' }]);
    return value;
  }

  /** Tags of users, for promises and searches. */
  userTags(): StringMap {
    return this.random.pick<StringMap>([
      { team: 'red' },
      { team: 'blue' },
      { team: 'red', 'a.b': 'c d' },
      { constructor: 'x' },
    ]);
  }

  target(): string {
    return this.random.pick(TARGETS);
  }

  newPromise(id: string, options: { hasTarget: boolean; mayDelay: boolean }): Record<string, unknown> {
    const { random } = this;
    const timeoutAt = this.#timeoutAt(options.hasTarget);
    const tags: StringMap = {};
    const root = id.split(/[.~]/)[0]!;
    if (options.hasTarget) tags['resonate:target'] = this.target();
    if (random.chance(0.5)) tags['resonate:origin'] = random.chance(0.8) ? root : this.anyId();
    if (random.chance(0.4)) tags['resonate:branch'] = random.chance(0.8) ? root : this.anyId();
    if (random.chance(0.2)) tags['resonate:parent'] = this.anyId();
    if (random.chance(0.15)) tags['resonate:timer'] = random.chance(0.9) ? 'true' : 'false';
    if (random.chance(0.3)) Object.assign(tags, this.userTags());
    const delayUntil = Math.max(0, this.now + random.pick(DELAYS_MS));
    if (options.hasTarget && options.mayDelay && !this.#timeless && random.chance(0.2) && delayUntil < timeoutAt) {
      tags['resonate:delay'] = String(delayUntil);
    }
    const wanted: Record<string, unknown> = { id, timeoutAt };
    if (random.chance(0.8)) wanted['param'] = this.value();
    if (options.hasTarget || random.chance(0.9)) wanted['tags'] = tags;
    return wanted;
  }

  settlement(id: string): Record<string, unknown> {
    const settlement: Record<string, unknown> = {
      id,
      state: this.random.pick(['resolved', 'resolved', 'rejected', 'rejected_canceled']),
    };
    if (this.random.chance(0.7)) settlement['value'] = this.value();
    return settlement;
  }

  /** `limit` and `cursor` of a search. Often it continues the previous search. */
  page(kind: string): Record<string, unknown> {
    const { random } = this;
    const cursor = this.#cursors.get(kind);
    const page: Record<string, unknown> = {};
    if (random.chance(0.6)) page['limit'] = random.pick([1, 2, 3, 4, 1_000]);
    if (cursor !== undefined && random.chance(0.7)) page['cursor'] = cursor;
    else if (random.chance(0.15)) page['cursor'] = this.anyId();
    return page;
  }
}

/** The state of a task after a successful request whose answer does not contain the task. */
const STATE_AFTER: Readonly<Record<string, TaskRecord['state']>> = {
  'task.release': 'pending',
  'task.suspend': 'suspended',
  'task.halt': 'halted',
  'task.continue': 'pending',
};

/** The fields of requests that make tasks wait. */
interface Waiting {
  awaited?: string;
  awaiter?: string;
  actions?: { data: Waiting }[];
}

/** The fields of answers that are remembered. */
interface Answer {
  promise?: PromiseRecord;
  promises?: PromiseRecord[];
  preload?: PromiseRecord[];
  task?: TaskRecord;
  tasks?: TaskRecord[];
  schedule?: ScheduleRecord;
  cursor?: string;
  action?: { data?: { promise?: PromiseRecord } };
}
