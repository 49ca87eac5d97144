import {
  collectNeeds,
  debugSnap,
  emptyLoaded,
  MoreNeeded,
  Needs,
  occurrenceOf,
  perform,
  promiseSearch,
  retryAt,
  scheduleSearch,
  taskSearch,
  WorkingSet,
  type CallbackRow,
  type CallRow,
  type Command,
  type ListenerRow,
  type Loaded,
  type PromiseQuery,
  type PromiseRow,
  type RowChanges,
  type ScheduleRow,
  type TaskQuery,
  type TaskRow,
} from '@resonate/machine';
import type { Reply, Request } from '@resonate/protocol';

export const RETRY_TIMEOUT_MS = 30_000;

/**
 * The simplest store for the machine. It loads EXACTLY the rows that `Needs` names. A transition that touches another row
 * throws, so these tests prove that each operation names all its rows.
 */
export class InMemoryDatabase {
  readonly #promises = new Map<string, PromiseRow>();
  readonly #tasks = new Map<string, TaskRow>();
  readonly #callbacks = new Map<string, CallbackRow>();
  readonly #calls = new Map<string, CallRow>();
  readonly #listeners = new Map<string, ListenerRow>();
  readonly #schedules = new Map<string, ScheduleRow>();

  /** A checked request, or a timer, in a transaction of its own. */
  execute(command: Command | Request, now: number): Reply {
    switch (command.kind) {
      case 'promise.search': {
        const query = promiseSearch.query(command.data, now);
        return promiseSearch.answer(query, this.#findPromises(query), now);
      }
      case 'task.search': {
        const query = taskSearch.query(command.data, now);
        return taskSearch.answer(query, this.#findTasks(query), now);
      }
      case 'schedule.search': {
        const query = scheduleSearch.query(command.data);
        const rows = this.#page(this.#schedules, query).filter(({ promiseTags }) => hasAll(promiseTags, query.tags));
        return scheduleSearch.answer(query, rows.slice(0, query.limit));
      }
      case 'debug.snap':
        return debugSnap(this.dump(), { now, retryTimeoutMs: RETRY_TIMEOUT_MS }, '');
      case 'debug.tick':
        this.#tick(command.data.time);
        return { status: 200, data: [] };
      case 'debug.reset':
        this.#reset();
        return { status: 200, data: {} };
      case 'debug.start':
      case 'debug.stop':
        return { status: 200, data: {} };
      default:
        return this.executeBatch([{ command, now }])[0] as Reply;
    }
  }

  /** Several commands in one transaction. One that is `undone` runs and is rewound, as after a fault: it gets a 500. */
  executeBatch(batch: readonly { command: Command; now: number; undone?: boolean }[]): Reply[] {
    const needs = new Needs();
    for (const { command } of batch) collectNeeds(command, needs);
    for (;;) {
      const ws = new WorkingSet(needs, this.load(needs));
      const more: MoreNeeded[] = [];
      const replies = batch.map(({ command, now, undone }) => {
        const mark = ws.mark();
        try {
          const reply = perform(ws, command, { now, retryTimeoutMs: RETRY_TIMEOUT_MS });
          if (!undone) return reply;
        } catch (error) {
          if (!(error instanceof MoreNeeded)) throw error;
          more.push(error);
        }
        ws.rewind(mark);
        return { status: 500, data: 'undone' };
      });
      if (more.length === 0) {
        this.#write(ws);
        return replies;
      }
      for (const each of more) each.announce(needs);
    }
  }

  load(needs: Needs): Loaded {
    const settles = (id: string) => needs.settlements.has(id);
    const callbacks = [...this.#callbacks].filter(([key, { awaited, awaiter, ready }]) => {
      return needs.callbacks.has(key) || settles(awaited) || settles(awaiter) || (ready && needs.resumed.has(awaiter));
    });
    const awaiters = callbacks.filter(([, { awaited }]) => settles(awaited)).map(([, { awaiter }]) => awaiter);
    const taskIds = new Set([...needs.tasks, ...awaiters]);
    const branches = new Set(needs.branches);
    for (const id of [...needs.preloads, ...needs.fenced]) {
      const branch = this.#promises.get(id)?.tags['resonate:branch'];
      if (branch !== undefined) branches.add(branch);
    }
    return {
      ...emptyLoaded(),
      promises: named(this.#promises, needs.promises),
      tasks: named(this.#tasks, taskIds),
      callbacks: callbacks.map(([, row]) => row),
      calls: [...this.#calls].flatMap(([key, row]) => (needs.calls.has(key) ? [row] : [])),
      listeners: [...this.#listeners].flatMap(([key, row]) => {
        return needs.listeners.has(key) || settles(row.awaited) ? [row] : [];
      }),
      schedules: named(this.#schedules, needs.schedules),
      branches: [...this.#promises.values()].filter(({ tags }) => branches.has(tags['resonate:branch'] ?? '')),
    };
  }

  /** Everything, in byte order of the keys. */
  dump(): Loaded {
    return {
      ...emptyLoaded(),
      promises: sorted(this.#promises),
      tasks: sorted(this.#tasks),
      callbacks: sorted(this.#callbacks),
      calls: sorted(this.#calls),
      listeners: sorted(this.#listeners),
      schedules: sorted(this.#schedules),
    };
  }

  #reset(): void {
    for (const table of [this.#promises, this.#tasks, this.#callbacks, this.#calls, this.#listeners, this.#schedules])
      table.clear();
  }

  #write(ws: WorkingSet): void {
    const changes = ws.changes();
    apply(this.#promises, changes.promises, ({ id }) => id);
    apply(this.#tasks, changes.tasks, ({ id }) => id);
    apply(this.#callbacks, changes.callbacks, ({ awaited, awaiter }) => `${awaited}\u0000${awaiter}`);
    apply(this.#calls, changes.calls, ({ called, caller }) => `${called}\u0000${caller}`);
    apply(this.#listeners, changes.listeners, ({ awaited, address }) => `${awaited}\u0000${address}`);
    apply(this.#schedules, changes.schedules, ({ id }) => id);
  }

  /** One scan: leases and retries, one occurrence per schedule, then promise timeouts. */
  #tick(time: number): void {
    const isDue = (at: number | null) => at !== null && at <= time;
    const run = (commands: Command[]) => commands.forEach((command) => this.execute(command, time));
    const tasks = [...this.#tasks.values()];
    const leases = tasks.filter(({ state, dueAt }) => state === 'acquired' && isDue(dueAt));
    const retries = tasks.filter((task) => isDue(retryAt(task, RETRY_TIMEOUT_MS)));
    run(leases.map(({ id }) => ({ kind: 'timer.lease', data: { id } })));
    run(retries.map(({ id }) => ({ kind: 'timer.retry', data: { id } })));
    const schedules = [...this.#schedules.values()].filter(({ nextRunAt }) => isDue(nextRunAt));
    run(schedules.map(fire));
    const promises = [...this.#promises.values()].filter(({ state, timeoutAt }) => {
      return state === 'pending' && isDue(timeoutAt);
    });
    run(promises.map(({ id }) => ({ kind: 'timer.promise', data: { id } })));
  }

  #findPromises(query: PromiseQuery): PromiseRow[] {
    const rows = this.#page(this.#promises, query).filter((row) => {
      const fits = ({ state, live, expired }: NonNullable<PromiseQuery['anyOf']>[number]) =>
        row.state === state &&
        (!live || row.timeoutAt > live.now) &&
        (!expired || (row.timeoutAt <= expired.now && (row.tags['resonate:timer'] === 'true') === expired.timer));
      return hasAll(row.tags, query.tags) && (query.anyOf === null || query.anyOf.some(fits));
    });
    return rows.slice(0, query.limit);
  }

  #findTasks(query: TaskQuery): TaskRow[] {
    const rows = this.#page(this.#tasks, query).filter((row) => {
      const isExpired = (now: number) => row.state !== 'fulfilled' && row.timeoutAt <= now;
      const fits = ({ state, live, expired }: NonNullable<TaskQuery['anyOf']>[number]) =>
        (state === null || row.state === state) &&
        (!live || row.timeoutAt > live.now) &&
        (!expired || isExpired(expired.now));
      return query.anyOf === null || query.anyOf.some(fits);
    });
    return rows.slice(0, query.limit);
  }

  #page<Row extends { id: string }>(table: Map<string, Row>, { after }: { after: string | null }): Row[] {
    return sorted(table).filter(({ id }) => after === null || Buffer.compare(Buffer.from(id), Buffer.from(after)) > 0);
  }
}

function fire(schedule: ScheduleRow): Command {
  return { kind: 'timer.schedule', data: occurrenceOf(schedule) };
}

function named<Row>(table: Map<string, Row>, keys: Iterable<string>): Row[] {
  return [...keys].flatMap((key) => table.get(key) ?? []);
}

function sorted<Row>(table: Map<string, Row>): Row[] {
  const keys = [...table].map(([key, row]) => ({ bytes: Buffer.from(key), row }));
  return keys.sort((a, b) => Buffer.compare(a.bytes, b.bytes)).map(({ row }) => row);
}

/** Applies changes as strictly as a database: to insert an existing row, or to change a missing one, is a fault. */
function apply<Row>(
  table: Map<string, Row>,
  { inserts, updates, deletes }: RowChanges<Row>,
  keyOf: (row: Row) => string,
) {
  const expect = (row: Row, isThere: boolean) => {
    if (table.has(keyOf(row)) !== isThere) throw new Error(`row ${keyOf(row)} ${isThere ? 'is missing' : 'exists'}`);
  };
  for (const row of inserts) {
    expect(row, false);
    table.set(keyOf(row), row);
  }
  for (const row of updates) {
    expect(row, true);
    table.set(keyOf(row), row);
  }
  for (const row of deletes) {
    expect(row, true);
    table.delete(keyOf(row));
  }
}

function hasAll(tags: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => Object.hasOwn(tags, name) && tags[name] === value);
}
