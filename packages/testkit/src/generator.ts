import type { Reply } from '@resonate/protocol';
import { Draft, type GeneratedRequest } from './generator/draft.ts';
import { INVALID } from './generator/invalid.ts';
import { pickScenario, type Step } from './generator/scenario.ts';
import { type GeneratedKind, VALID } from './generator/valid.ts';
import { Random } from './random.ts';

export type { GeneratedRequest } from './generator/draft.ts';
export type { GeneratedKind } from './generator/valid.ts';

export interface GeneratorOptions {
  seed: number;
  /** Epoch ms of the first request. */
  startAt?: number;
  /** How many ids promises and tasks have at a time, at most 24. With fewer ids, more requests name the same promise. */
  idCount?: number;
  /** The share of requests (0 to 1) that break a rule of protocol section 3. */
  invalidShare?: number;
  /** Replaces the weights of kinds; a kind that isn't named is left out. */
  weights?: Partial<Record<GeneratedKind, number>>;
  /**
   * For histories of concurrent clients: time does not pass, so no timeout or lease ends. Requests name ids of three
   * families, each of which is replaced by a new one after 120 requests, so that a checker can split the history.
   */
  timeless?: boolean;
}

const WEIGHTS: Record<GeneratedKind, number> = {
  'promise.get': 6,
  'promise.create': 13,
  'promise.settle': 3,
  'promise.register_callback': 7,
  'promise.register_listener': 3,
  'promise.search': 3,
  'task.get': 6,
  'task.create': 8,
  'task.acquire': 13,
  'task.release': 3,
  'task.fulfill': 1.5,
  'task.suspend': 9,
  'task.fence': 6,
  'task.heartbeat': 4,
  'task.halt': 2.5,
  'task.continue': 3,
  'task.search': 2.5,
  'schedule.get': 1,
  'schedule.create': 2,
  'schedule.update': 0.5,
  'schedule.delete': 0.7,
  'schedule.pause': 0.3,
  'schedule.resume': 0.6,
  'schedule.trigger': 1.2,
  'schedule.preview': 0.3,
  'schedule.search': 1,
  'debug.tick': 2,
  'debug.snap': 1,
};

const TIMELESS_WEIGHTS: Partial<Record<GeneratedKind, number>> = {
  'promise.get': 4,
  'promise.create': 6,
  'promise.settle': 4,
  'promise.register_callback': 4,
  'task.get': 5,
  'task.create': 5,
  'task.acquire': 8,
  'task.release': 3,
  'task.fulfill': 2,
  'task.suspend': 6,
  'task.fence': 4,
  'task.halt': 2,
  'task.continue': 2,
};

/** Ids as SDKs and users choose them. A small `idCount` uses only the first ones. */
const IDS = [
  ...['w0', 'w0.a', 'w1', 'w1.a', 'w0.b', 'w1.b', 'w2', 'w2.a', 'w0.c', 'w1.c', 'root:0', 'zürich/π'],
  // Byte order sorts these two like this, UTF-16 order the other way round.
  ...['ﬀ', '𝒙'],
  ...['w2.b', 'w2.c', 'root.0', 'a b', 'w3', 'w3.a', 'w3.b', 'w4', 'w4.a', 'W0'],
];
/** The probability that a request begins a scenario. */
const SCENARIOS = 0.015;
const FAMILIES = 3;
const FAMILY_REQUESTS = 120;
const FAMILY_MEMBERS = ['', '.a', '.b', '.c', '.d'];

/** How far time moves between two requests. Some steps are long, to pass leases, retries and timeouts. */
const STEPS_MS = [0, 0, 0, 0, 0, 1, 1, 10, 10, 100, 400, 500, 2_000];
const JUMPS_MS = [5_000, 15_000, 30_000, 33_000, 61_000, 250_000];

/**
 * Makes sequences of requests from a seed. Pass the answers to `observe`: later requests use the versions, owners and
 * cursors in them. The same seed and answers give the same sequence.
 */
export class RequestGenerator {
  readonly #random: Random;
  readonly #options: Required<Omit<GeneratorOptions, 'seed'>>;
  readonly #drafts: { draft: Draft; requestsLeft: number }[] = [];
  readonly #draftOf = new WeakMap<GeneratedRequest, Draft>();
  #families = 0;
  #now: number;
  /** The remaining steps of a scenario. They come next. */
  #script: Step[] = [];

  constructor({ seed, ...options }: GeneratorOptions) {
    const timeless = options.timeless ?? false;
    const weights = timeless ? TIMELESS_WEIGHTS : WEIGHTS;
    this.#options = { startAt: 1_000_000_000, idCount: 14, invalidShare: 0.05, weights, timeless, ...options };
    this.#random = new Random(seed);
    this.#now = this.#options.startAt;
    for (let count = timeless ? FAMILIES : 1; count > 0; count--) this.#drafts.push(this.#newDraft());
  }

  #newDraft(): { draft: Draft; requestsLeft: number } {
    const { timeless, idCount } = this.#options;
    this.#families += 1;
    const ids = timeless ? FAMILY_MEMBERS.map((member) => `f${this.#families}${member}`) : IDS.slice(0, idCount);
    const draft = new Draft(this.#random, this.#now, ids, timeless);
    return { draft, requestsLeft: timeless ? FAMILY_REQUESTS : Infinity };
  }

  next(): GeneratedRequest {
    const place = this.#random.int(0, this.#drafts.length - 1);
    const current = this.#drafts[place]!;
    current.requestsLeft -= 1;
    if (current.requestsLeft === 0) this.#drafts[place] = this.#newDraft();
    const step = this.#script.shift();
    if (!this.#options.timeless) this.#now = Math.max(step?.at ?? this.#later(current.draft), this.#now);
    current.draft.now = this.#now;
    const request = { ...(step ? step.make(current.draft) : this.#make(current.draft)), now: this.#now };
    this.#draftOf.set(request, current.draft);
    return request;
  }

  /** The time of the next request: sometimes just before or after a timeout, the end of a lease or an occurrence. */
  #later(draft: Draft): number {
    const deadline = this.#random.chance(0.05) ? draft.deadline() : undefined;
    if (deadline !== undefined) return Math.max(this.#now, deadline + this.#random.pick([-1, 0, 0, 1, 100]));
    return this.#now + this.#random.pick(this.#random.chance(0.005) ? JUMPS_MS : STEPS_MS);
  }

  #make(draft: Draft): { kind: string; data: Record<string, unknown> } {
    if (this.#random.chance(this.#options.invalidShare)) return this.#random.pick(INVALID)(draft);
    if (!this.#options.timeless && this.#random.chance(SCENARIOS)) {
      const [first, ...rest] = pickScenario(draft);
      this.#script = rest;
      return first!.make(draft);
    }
    const kind = this.#random.weighted(this.#options.weights as Record<GeneratedKind, number>);
    if (kind === 'debug.snap') {
      // The protocol says what a snap shows for expired promises only if the snap follows a tick.
      this.#script = [{ at: draft.now, make: () => ({ kind: 'debug.snap', data: {} }) }];
      return { kind: 'debug.tick', data: { time: draft.now } };
    }
    const data = VALID[kind](draft);
    if (this.#random.chance(0.02)) data['unknownField'] = { any: [1, null] };
    return { kind, data };
  }

  /** Reports the answer to a request, which must be the same object that `next` returned. */
  observe(request: GeneratedRequest, reply: Reply): void {
    const draft = this.#draftOf.get(request);
    if (!draft) throw new Error(`not a request of this generator: ${request.kind}`);
    draft.learn(request, reply);
  }
}
