import type { Change } from '@resonate/admin';
import { TAG } from '@resonate/protocol';
import type { Clock } from '@resonate/lifecycle';
import type { Changes } from '@resonate/store';
import type { Response } from 'express';
import { beginEvents } from '../http/begin-events.ts';

/** What a page wants to hear of. */
export interface Interest {
  /** Only of this call graph; null: of all. */
  origin: string | null;
  /** Only of ids that begin so. */
  prefix: string;
}

/** Events of one page come no faster. */
const MIN_INTERVAL_MS = 500;

/** A page that is told of changes: at most one event waits for it, however slowly it reads. */
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

  /** It will be told of a change anyhow. */
  get isTold(): boolean {
    return this.#waiting === 'commit';
  }

  /** At once, or together with others when the last event was just sent. */
  tell(cause: Change['cause']): void {
    this.#waiting = stronger(this.#waiting, cause);
    this.#timer ??= this.#send();
  }

  ping(): void {
    if (!this.#response.writableNeedDrain) this.#response.write(': ping\n\n');
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
    // Ids begin with their origin's, but an origin may also be a mere tag.
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

  /** @returns the time within which nothing more is sent. */
  #send(): NodeJS.Timeout {
    const cause = this.#waiting;
    if (cause !== null && !this.#response.writableNeedDrain) {
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
