import type { Change } from '@resonate/admin';
import type { Service } from '@resonate/lifecycle';
import type { RuntimeWith } from '@resonate/process';
import type { Changes } from '@resonate/store';
import type { Response } from 'express';
import { expiryOfRequest } from '../http/guard.ts';
import { endAt } from '../limits/end-at.ts';
import { Refusal } from '../http/refusal.ts';
import type { Handlers } from './mount.ts';
import { Viewer, type Interest } from './viewer.ts';

type Context = RuntimeWith<'clock', 'clock' | 'hints'>;

/** The maximum number of pages with an event stream. Further pages poll. */
const MAX_VIEWERS = 200;
const PING_MS = 15_000;
/**
 * How often pages are told to reload in any case, because some changes are not announced: those of other processes
 * without hints, dead letters, and the passing of time.
 */
const TICK_MS = 5_000;

/**
 * Tells open pages that something has changed. While no page is open, it does not listen to commits and costs nothing.
 */
export class ChangeFeed implements Service {
  readonly name = 'changes';
  readonly #runtime: Context;
  readonly #viewers = new Set<Viewer>();
  #release: (() => void) | null = null;
  #stopped = false;

  constructor(runtime: Context) {
    this.#runtime = runtime;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unlisten();
    for (const viewer of this.#viewers) viewer.end();
  }

  handler(): Pick<Handlers, 'events'> {
    return {
      events: ({ query: { origin = null } }, { prefix, request, response }) => {
        if (this.#stopped) throw new Refusal(503, 'The server is shutting down');
        if (this.#viewers.size >= MAX_VIEWERS) throw new Refusal(503, 'Too many dashboard pages are open');
        this.#add({ origin, prefix }, response);
        endAt(expiryOfRequest(request), response, this.#runtime.clock);
      },
    };
  }

  #add(interest: Interest, response: Response): void {
    const viewer = new Viewer(interest, response, this.#runtime.store.clock);
    this.#viewers.add(viewer);
    this.#release ??= this.#listen();
    response.on('close', () => {
      viewer.close();
      this.#viewers.delete(viewer);
      if (this.#viewers.size === 0) this.#unlisten();
    });
  }

  #unlisten(): void {
    this.#release?.();
    this.#release = null;
  }

  #listen(): () => void {
    const { store } = this.#runtime;
    const all = (cause: Change['cause']) => this.#viewers.forEach((viewer) => viewer.tell(cause));
    const ticks = setInterval(() => all('tick'), TICK_MS);
    const pings = setInterval(() => this.#viewers.forEach((viewer) => viewer.ping()), PING_MS);
    const endings = [
      store.hints.onChanges((changes) => this.#changed(changes)),
      store.hints.onAnnounced(() => all('hint')),
      () => clearInterval(ticks),
      () => clearInterval(pings),
    ];
    return () => endings.forEach((end) => end());
  }

  #changed(changes: Changes): void {
    for (const viewer of this.#viewers) {
      if (!viewer.hasCommitEvent && viewer.isTouched(changes)) viewer.tell('commit');
    }
  }
}
