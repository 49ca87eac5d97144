import { pairKey, type CallRow } from './rows.ts';

/**
 * The rows that a batch of requests may touch, collected before anything is decided. One hop is enough: a resumed task
 * settles nothing.
 */
export class Needs {
  /** Promises by id. */
  readonly promises = new Set<string>();
  /** Those of them that a request creates unless they exist. */
  readonly creations = new Set<string>();
  /** Tasks by id. */
  readonly tasks = new Set<string>();
  /**
   * Promises that may settle. With each are loaded: its task, the callbacks and listeners on it, the tasks that these
   * callbacks name, and the callbacks in which it is the awaiter.
   */
  readonly settlements = new Set<string>();
  /** Tasks whose ready callbacks an acquire or a suspend may delete. */
  readonly resumed = new Set<string>();
  /** Single callbacks, listeners and calls by key. */
  readonly callbacks = new Map<string, { awaited: string; awaiter: string }>();
  readonly listeners = new Map<string, { awaited: string; address: string }>();
  readonly calls = new Map<string, CallRow>();
  /** Promises whose branch is answered as `preload`, and branches by name. The bound is `PRELOAD`. */
  readonly preloads = new Set<string>();
  readonly branches = new Set<string>();
  /** Promises whose branch is answered only while it is small. The bound is `FENCE_PRELOAD`. */
  readonly fenced = new Set<string>();
  readonly schedules = new Set<string>();
  /** Loads everything, however large. Set it only after checking that it fits into memory. */
  loadsAll = false;

  promise(id: string): void {
    this.promises.add(id);
  }

  /** For requests that create this promise unless it exists. */
  creation(id: string): void {
    this.promises.add(id);
    this.creations.add(id);
  }

  task(id: string): void {
    this.tasks.add(id);
  }

  /** For requests that name a task. They also name its promise, which is settled if it has expired. */
  taskAndPromise(id: string): void {
    this.promises.add(id);
    this.tasks.add(id);
  }

  settlement(id: string): void {
    this.promises.add(id);
    this.tasks.add(id);
    this.settlements.add(id);
  }

  /** The task and its ready callbacks, which an acquire or a suspend deletes. */
  resumable(id: string): void {
    this.tasks.add(id);
    this.resumed.add(id);
  }

  callback(awaited: string, awaiter: string): void {
    this.callbacks.set(pairKey(awaited, awaiter), { awaited, awaiter });
  }

  listener(awaited: string, address: string): void {
    this.listeners.set(pairKey(awaited, address), { awaited, address });
  }

  call(called: string, caller: string): void {
    this.calls.set(pairKey(called, caller), { called, caller });
  }

  preload(id: string): void {
    this.promises.add(id);
    this.preloads.add(id);
  }

  fencePreload(id: string): void {
    this.promises.add(id);
    this.fenced.add(id);
  }

  branch(name: string): void {
    this.branches.add(name);
  }

  schedule(id: string): void {
    this.schedules.add(id);
  }
}
