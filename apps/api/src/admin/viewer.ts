import type { Change } from '@resonate/admin';
import { TAG } from '@resonate/protocol';
import type { Clock } from '@resonate/lifecycle';
import type { Changes } from '@resonate/store';
import type { Response } from 'express';
import { beginEvents } from '../http/begin-events.ts';

/** The changes that a page is interested in. */
export interface Interest {
  /** Only changes of this call graph; null: all. */
  origin: string | null;
  /** Only changes of ids with this prefix. */
  prefix: string;
}

/** The shortest time between two events of one page. */
const MIN_INTERVAL_MS = 500;

/** The event stream of one page. If the page reads slowly, at most one event waits for it. */
export class Viewer {
  readonly #interest: Interest;
  readonly #response: Response;
  readonly #clock: Clock;
  #waiting: Change['cause'] | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(interest: Interest, response: Response, clock: Clock) {
    this.#interest = interest;
    this.#response = response;
    this.#clock = clock;
    beginEvents(response);
  }

  /** True if a `commit` event is already waiting for this page. */
  get hasCommitEvent(): boolean {
    return this.#waiting === 'commit';
  }

  /**
   * Sends an event at once, or `MIN_INTERVAL_MS` after the previous one. An event that waits is merged with the changes
   * that follow.
   */
  tell(cause: Change['cause']): void {
    this.#waiting = stronger(this.#waiting, cause);
    this.#timer ??= this.#send();
  }

  ping(): void {
    if (this.#mayWrite) this.#response.write(': ping\n\n');
  }

  end(): void {
    this.#response.end();
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  isTouched({ promises, tasks, schedules, callbacks, listeners }: Changes): boolean {
    const { origin, prefix } = this.#interest;
    if (origin === null && prefix === '') return true;
    // Usually the id of a promise begins with the id of its origin. But clients may set any origin tag, so compare
    // that, too.
    const isIt = (id: string, of = id) =>
      id.startsWith(prefix) && (origin === null || of === origin || id.startsWith(origin));
    const some = <Row>(changed: { inserts: Row[]; updates: Row[]; deletes: Row[] }, passes: (row: Row) => boolean) =>
      changed.inserts.some(passes) || changed.updates.some(passes) || changed.deletes.some(passes);
    return (
      some(promises, ({ id, tags }) => isIt(id, tags[TAG.origin])) ||
      some(tasks, ({ id }) => isIt(id)) ||
      some(callbacks, ({ awaiter }) => isIt(awaiter)) ||
      some(listeners, ({ awaited }) => isIt(awaited)) ||
      (origin === null && some(schedules, ({ id, promiseId }) => id.startsWith(prefix) || promiseId.startsWith(prefix)))
    );
  }

  /**
   * False while earlier bytes wait for the page, and after the end: a write would be an error then, and
   * `writableNeedDrain` is always false.
   */
  get #mayWrite(): boolean {
    return !this.#response.writableEnded && !this.#response.writableNeedDrain;
  }

  /** Sends the waiting event. @returns the timer that sends the next one. Nothing is sent before it fires. */
  #send(): NodeJS.Timeout {
    const cause = this.#waiting;
    if (cause !== null && this.#mayWrite) {
      this.#waiting = null;
      const change: Change = { at: this.#clock.now(), cause };
      this.#response.write(`event: change\ndata: ${JSON.stringify(change)}\n\n`);
    }
    return setTimeout(() => {
      this.#timer = this.#waiting === null ? null : this.#send();
    }, MIN_INTERVAL_MS);
  }
}

const STRENGTH = { tick: 0, hint: 1, commit: 2 } as const;

function stronger(one: Change['cause'] | null, other: Change['cause']): Change['cause'] {
  return one !== null && STRENGTH[one] > STRENGTH[other] ? one : other;
}
