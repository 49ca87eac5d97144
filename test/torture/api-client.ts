import { setTimeout as pause } from 'node:timers/promises';
import type { Reply } from '@resonate/protocol';
import type { Random } from '@resonate/testkit';
import { HttpClient } from '../processes/http-client.ts';
import type { Excuse } from './excuse.ts';
import type { Findings } from './findings.ts';

/** An api that is frozen answers once it is thawed; nobody waits that long. */
const ANSWERED_WITHIN_MS = 4_000;
/** After a failure: what is broken stays so for a while, and each unanswered request makes a history harder to judge. */
const REST_MS = { min: 100, max: 500 };

/** One request with what became of it. */
export interface Call {
  kind: string;
  data: unknown;
  /** Of a clock that only goes forward, ms. */
  callAt: number;
  returnAt: number;
  /** The same by the wall clock, epoch ms: the database on this machine goes by it. */
  sentAt: number;
  answeredAt: number;
  /**
   * `answered`: `reply` says what happened. `refused`: nothing happened, as no connection was made or the status is
   * 503. `unknown`: it may have happened, or will.
   */
  outcome: 'answered' | 'refused' | 'unknown';
  reply?: Reply;
}

export interface ApiClientOptions {
  urls: readonly string[];
  random: Random;
  findings: Findings;
  excuse: Excuse;
  /** Told of every answer that is one. */
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

  /** Sends a request once. Never rejects; rests after a failure. */
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

  /** Sends an idempotent request until it is answered. @returns undefined when `signal` ends that before. */
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
      // A fault of the program needs no database to go wrong; a rolling restart or a killed neighbour is no excuse.
      if (answer === 'Internal error' || !excuse.isValid) {
        findings.violation('errors', `${kind} ${JSON.stringify(data).slice(0, 300)}: ${status} ${String(answer)}`);
      }
      return { outcome: status === 503 ? 'refused' : 'unknown' };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // Network errors have a code; an answer that is not one of the protocol has none.
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
