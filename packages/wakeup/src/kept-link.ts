import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '@resonate/lifecycle';
import type { Logger } from '@resonate/observability';
import type { CreateLink, Link } from './link.ts';
import { within } from './within.ts';

const OPEN_TIMEOUT_MS = 5000;
/** The sum of these two is the longest time until a connection that broke silently is replaced. */
const PROBE_INTERVAL_MS = 3000;
const PROBE_TIMEOUT_MS = 3000;
const BACKOFF = { minMs: 100, maxMs: 5000 };

export interface KeptLinkOptions {
  create: CreateLink;
  url: string;
  name: string;
  /** The topic that all processes share. */
  topic: string;
  onMessage(text: string): void;
  /** Called when the link starts working and when it stops working. */
  onChange(up: boolean): void;
  logger: Logger;
}

/**
 * Keeps one link open. It replaces the link when it breaks, or when a probe (a message to this process itself) does not
 * come back.
 */
export class KeptLink {
  readonly #options: KeptLinkOptions;
  /** A topic that only this process uses, so that probes do not reach other processes. */
  readonly #probeTopic: string;
  readonly #stopping = new AbortController();
  #running: Promise<void> | null = null;
  #link: Link | null = null;
  #abandon: (error: Error) => void = () => {};
  #heard: (text: string) => void = () => {};
  #downSince: number | null = null;

  constructor(options: KeptLinkOptions) {
    this.#options = options;
    this.#probeTopic = `${options.topic}_${randomBytes(8).toString('hex')}`;
  }

  /** The link while it works, otherwise null. */
  get link(): Link | null {
    return this.#link;
  }

  start(): void {
    if (!this.#stopping.signal.aborted) this.#running ??= this.#run(this.#stopping.signal);
  }

  /** Resolves when no connection is left. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopped'));
    await this.#running;
  }

  /** Replaces a link that no longer works. */
  giveUp(link: Link, error: Error): void {
    if (link === this.#link) this.#abandon(error);
  }

  async #run(stopping: AbortSignal): Promise<void> {
    let failures = 0;
    while (!stopping.aborted) {
      const startedAt = performance.now();
      await this.#keep(stopping);
      const lastedMs = performance.now() - startedAt;
      // Only a link that worked for a while resets the backoff. Otherwise one that breaks right after each connect
      // would be retried without a pause.
      failures = lastedMs > PROBE_INTERVAL_MS + OPEN_TIMEOUT_MS + PROBE_TIMEOUT_MS ? 1 : failures + 1;
      await sleep(backoffMs(failures, BACKOFF), undefined, { signal: stopping }).catch(() => {});
    }
  }

  /** Opens a link and keeps it until it breaks. */
  async #keep(stopping: AbortSignal): Promise<void> {
    const broken = new AbortController();
    const signal = AbortSignal.any([stopping, broken.signal]);
    this.#abandon = (error) => broken.abort(error);
    let link: Link | null = null;
    try {
      link = this.#create(this.#abandon);
      await within(OPEN_TIMEOUT_MS, 'connecting', link.open(), signal);
      // A connection alone proves nothing: a pooler in front of Postgres accepts LISTEN and forgets it.
      await this.#probe(link, signal);
      this.#setLink(link);
      for (;;) {
        await sleep(PROBE_INTERVAL_MS, undefined, { signal });
        await this.#probe(link, signal);
      }
    } catch (error) {
      if (!stopping.aborted) this.#logDown(broken.signal.aborted ? broken.signal.reason : error);
    } finally {
      this.#setLink(null);
      await link?.close();
    }
  }

  #create(lost: (error: Error) => void): Link {
    const { create, url, name, topic, onMessage } = this.#options;
    const message = (on: string, text: string) => (on === this.#probeTopic ? this.#heard(text) : onMessage(text));
    return create({ url, name, topics: [topic, this.#probeTopic], events: { message, lost } });
  }

  /** Sends a message to this process itself, over both connections. @throws if it does not come back in time. */
  async #probe(link: Link, signal: AbortSignal): Promise<void> {
    const probe = randomBytes(8).toString('hex');
    const back = Promise.withResolvers<void>();
    this.#heard = (text) => {
      if (text === probe) back.resolve();
    };
    const roundTrip = Promise.all([link.publish(this.#probeTopic, probe), back.promise]);
    await within(PROBE_TIMEOUT_MS, 'the probe of the wake-up channel', roundTrip, signal);
  }

  #setLink(link: Link | null): void {
    if (link === this.#link) return;
    this.#link = link;
    if (link) this.#logUp();
    this.#options.onChange(link !== null);
  }

  #logUp(): void {
    const { logger } = this.#options;
    if (this.#downSince === null) logger.info('wake-up channel is up');
    else logger.info('wake-up channel is up again', { downMs: Math.round(performance.now() - this.#downSince) });
    this.#downSince = null;
  }

  /** Logs a warning once per outage, however often a reconnect fails. */
  #logDown(error: unknown): void {
    const { logger } = this.#options;
    if (this.#downSince !== null) {
      logger.debug('wake-up channel is still down', { error });
      return;
    }
    this.#downSince = performance.now();
    logger.warn('wake-up channel is down: until it is up, processes find work only by polling', { error });
  }
}
