import { setTimeout as pause } from 'node:timers/promises';
import type { Reply } from '@resonate/protocol';
import type { Random } from '@resonate/testkit';
import { HttpClient } from '../processes/http-client.ts';
import type { Excuse } from './excuse.ts';
import type { Findings } from './findings.ts';

/** A frozen api answers only when it is thawed. The client does not wait that long. */
const ANSWERED_WITHIN_MS = 4_000;
/** The pause of a client after a failure. Faults last for a while, and each unanswered request makes a history hard to check. */
const REST_MS = { min: 100, max: 500 };

/** One request with its outcome. */
export interface Call {
  kind: string;
  data: unknown;
  /** Times of a monotonic clock, in ms. */
  callAt: number;
  returnAt: number;
  /** The same times by the wall clock, in epoch ms. The database on this machine uses it too. */
  sentAt: number;
  answeredAt: number;
  /**
   * `answered`: `reply` has the result. `refused`: the request did not take effect, because there was no connection or the
   * status is 503. `unknown`: it may have taken effect, or may still do so.
   */
  outcome: 'answered' | 'refused' | 'unknown';
  reply?: Reply;
}

export interface ApiClientOptions {
  urls: readonly string[];
  random: Random;
  findings: Findings;
  excuse: Excuse;
  /** Called for every valid answer. */
  answered?: () => void;
}

/** A client that sends one request after the other to one api, and to another one when that fails. */
export class ApiClient {
  readonly #options: ApiClientOptions;
  #turn: number;
  #http: HttpClient | null = null;

  constructor(options: ApiClientOptions) {
    this.#options = options;
    this.#turn = options.random.int(0, options.urls.length - 1);
  }

  /** Sends a request once. Never rejects. Pauses after a failure. */
  async call(kind: string, data: unknown): Promise<Call> {
    const { findings, answered } = this.#options;
    const started = { kind, data, callAt: performance.now(), sentAt: Date.now() };
    const ended = await this.#send(kind, data);
    const call: Call = { ...started, returnAt: performance.now(), answeredAt: Date.now(), ...ended };
    findings.count(`operations ${call.outcome}`);
    if (call.outcome === 'answered') answered?.();
    else await this.#moveOn();
    return call;
  }

  /** Repeats an idempotent request until it is answered. @returns undefined if `signal` is aborted first. */
  async insist(kind: string, data: unknown, signal: AbortSignal): Promise<Reply | undefined> {
    while (!signal.aborted) {
      const { reply, outcome } = await this.call(kind, data);
      if (outcome === 'answered') return reply;
    }
    return undefined;
  }

  close(): void {
    this.#http?.close();
    this.#http = null;
  }

  async #send(kind: string, data: unknown): Promise<Pick<Call, 'outcome' | 'reply'>> {
    const { excuse, findings, urls } = this.#options;
    this.#http ??= new HttpClient(urls[this.#turn % urls.length] ?? '');
    const http = this.#http;
    const late = setTimeout(() => http.close(), ANSWERED_WITHIN_MS);
    try {
      const { status, data: answer } = await http.rpc(kind, data);
      if (status < 500) return { outcome: 'answered', reply: { status, data: answer } };
      findings.count(`errors ${status} ${String(answer).slice(0, 80)}`);
      // Only a disturbed database excuses such a status. A rolling restart or a killed process does not.
      if (answer === 'Internal error' || !excuse.isValid) {
        findings.violation('errors', `${kind} ${JSON.stringify(data).slice(0, 300)}: ${status} ${String(answer)}`);
      }
      return { outcome: status === 503 ? 'refused' : 'unknown' };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // Network errors have a code. The error about an answer that is not valid in the protocol has none.
      if (code === undefined) findings.violation('protocol', `${kind}: ${message.slice(0, 400)}`);
      findings.count(`errors ${code ?? 'protocol'}`);
      return { outcome: code === 'ECONNREFUSED' ? 'refused' : 'unknown' };
    } finally {
      clearTimeout(late);
    }
  }

  async #moveOn(): Promise<void> {
    this.close();
    this.#turn += 1;
    await pause(this.#options.random.int(REST_MS.min, REST_MS.max));
  }
}
