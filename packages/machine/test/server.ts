import type { Command, Loaded, PromiseRow, TaskRow } from '@resonate/machine';
import type { Reply, Request, StringMap } from '@resonate/protocol';
import { InMemoryDatabase } from './in-memory-database.ts';

/** Short forms of requests, to keep tests readable. Times are epoch ms. */
export class Server {
  readonly database = new InMemoryDatabase();

  run(now: number, request: Request | Command): Reply {
    return this.database.execute(request, now);
  }

  create(now: number, id: string, options: { timeoutAt?: number; tags?: StringMap } = {}): Reply {
    return this.run(now, creation(id, options));
  }

  /** A promise with a task, which goes to `poll://any@g` unless the tags say otherwise. */
  createTask(now: number, id: string, options: { timeoutAt?: number; tags?: StringMap } = {}): Reply {
    return this.create(now, id, { ...options, tags: { 'resonate:target': 'poll://any@g', ...options.tags } });
  }

  acquire(now: number, id: string, version: number, ttl = 1_000): Reply {
    return this.run(now, { kind: 'task.acquire', data: { id, version, pid: 'p', ttl } });
  }

  suspend(now: number, id: string, version: number, ...awaiteds: string[]): Reply {
    return this.run(now, suspension(id, version, ...awaiteds));
  }

  settle(now: number, id: string): Reply {
    return this.run(now, { kind: 'promise.settle', data: { id, state: 'resolved', value: {} } });
  }

  listen(now: number, awaited: string, address: string): Reply {
    return this.run(now, { kind: 'promise.register_listener', data: { awaited, address } });
  }

  task(id: string): TaskRow {
    return found(this.rows.tasks, id);
  }

  promise(id: string): PromiseRow {
    return found(this.rows.promises, id);
  }

  get rows(): Loaded {
    return this.database.dump();
  }
}

function found<Row extends { id: string }>(rows: Row[], id: string): Row {
  const row = rows.find((each) => each.id === id);
  if (!row) throw new Error(`no row ${id}`);
  return row;
}

export function creation(id: string, { timeoutAt = 1_000_000, tags = {} }: { timeoutAt?: number; tags?: StringMap }) {
  return { kind: 'promise.create', data: { id, timeoutAt, param: {}, tags } } as const;
}

export function suspension(id: string, version: number, ...awaiteds: string[]): Command<'task.suspend'> {
  const actions = awaiteds.map((awaited) => {
    return { kind: 'promise.register_callback' as const, data: { awaited, awaiter: id } };
  });
  return { kind: 'task.suspend', data: { id, version, actions } };
}
