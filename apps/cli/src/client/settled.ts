import { span } from '@resonate/admin/words';
import { setTimeout as pause } from 'node:timers/promises';
import type { PromiseRecord } from '@resonate/protocol';
import { call, type ClientOptions } from './http.ts';
import { printable } from './output.ts';
import { Patience } from './patience.ts';
import { Progress } from './progress.ts';
import { whyOf, whyText } from './why.ts';

const FIRST_MS = 50;
const LONGEST_MS = 1_000;

/**
 * Polls until the promise is settled, at least once per second. A listener would be faster, but if this command is
 * interrupted, its message would remain on the server.
 * @throws ClientError if the server refuses the request, or cannot be reached for a minute
 */
export async function untilSettled(id: string, options: ClientOptions): Promise<PromiseRecord> {
  const startedAt = performance.now();
  const progress = new Progress();
  const advice = new Advice(id, options);
  const patience = new Patience();
  try {
    for (;;) {
      const answer = await patience.ask(() => call<{ promise: PromiseRecord }>('promise.get', { id }, options));
      if (answer && answer.promise.state !== 'pending') return answer.promise;
      const waitedMs = performance.now() - startedAt;
      const text = await advice.next(waitedMs);
      if (text !== null) {
        progress.done();
        process.stderr.write(text);
      }
      progress.say(`waiting for ${printable(id)}: ${span(waitedMs)}`);
      // The pause is a tenth of the wait so far, so that the end of a short call is noticed quickly.
      await pause(Math.min(LONGEST_MS, Math.max(FIRST_MS, waitedMs / 10)));
    }
  } finally {
    progress.done();
  }
}

const FIRST_ADVICE_MS = 5_000;
const ADVICE_EVERY_MS = 10_000;

/** Says why a call that takes long does not end, if the user has to do something about it. */
class Advice {
  readonly #id: string;
  readonly #options: ClientOptions;
  #nextMs = FIRST_ADVICE_MS;
  #given = '';

  constructor(id: string, options: ClientOptions) {
    this.#id = id;
    this.#options = options;
  }

  /** @returns text for the user; null if there is nothing new. */
  async next(waitedMs: number): Promise<string | null> {
    if (waitedMs < this.#nextMs) return null;
    this.#nextMs = waitedMs + ADVICE_EVERY_MS;
    const why = await whyOf(this.#id, this.#options);
    if (!why?.needsAction) return null;
    const reason = `${why.cause} ${why.promise ?? ''}`;
    if (reason === this.#given) return null;
    this.#given = reason;
    return `Still waiting. ${whyText(why)}`;
  }
}
