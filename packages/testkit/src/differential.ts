import type { Reply } from '@resonate/protocol';
import { copyOf } from './copy-of.ts';
import { compareReplies, type Difference } from './compare.ts';
import { type GeneratedRequest, type GeneratorOptions, RequestGenerator } from './generator.ts';
import { checkInvariants, type Snap } from './invariants.ts';
import { ReferenceModel, type ReferenceModelOptions } from './reference-model.ts';

/** What is compared with the reference model. Its background loops must be paused. */
export interface Subject {
  handle(kind: string, data: unknown, now: number): Reply | Promise<Reply>;
}

export interface DifferentialOptions {
  seed: number;
  /** How many requests are generated. */
  steps: number;
  subject: Subject;
  /** After how many steps the whole state is compared; 25 by default. */
  compareEvery?: number;
  /** The command that repeats this run, with the seed. It is shown if the answers differ. */
  replayCommand?: string;
  generator?: Omit<GeneratorOptions, 'seed'>;
  model?: ReferenceModelOptions;
}

export interface DifferentialReport {
  /** The number of requests by `kind status`. It shows which answers a run has covered. */
  answers: Map<string, number>;
  snaps: number;
}

/**
 * Resets the subject, sends it the requests that the generator makes from the seed, and compares every answer with the
 * reference model's. Every `compareEvery` steps it also compares the whole state and checks the invariants.
 * @throws at the first difference. The message has the requests that led to it.
 */
export async function runDifferential(options: DifferentialOptions): Promise<DifferentialReport> {
  const run = new Run(options);
  await run.send({ kind: 'debug.reset', data: {}, now: 0 });
  for (let step = 1; step <= options.steps; step++) {
    await run.next(step);
    if (step % (options.compareEvery ?? 25) === 0 || step === options.steps) await run.compareState();
  }
  return run.report;
}

const HISTORY_SHOWN = 10;
const CHARACTERS_SHOWN = 2_000;

class Run {
  readonly report: DifferentialReport = { answers: new Map(), snaps: 0 };
  readonly #options: DifferentialOptions;
  readonly #model: ReferenceModel;
  readonly #generator: RequestGenerator;
  readonly #history: { step: number; request: GeneratedRequest; status: number }[] = [];
  #step = 0;
  #now = 0;
  #snap: Snap | undefined;

  constructor(options: DifferentialOptions) {
    this.#options = options;
    this.#model = new ReferenceModel(options.model);
    this.#generator = new RequestGenerator({ ...options.generator, seed: options.seed });
  }

  async next(step: number): Promise<void> {
    this.#step = step;
    const request = this.#generator.next();
    const reply = await this.send(request);
    this.#generator.observe(request, reply);
  }

  /** Sends the request to the model and to the subject. Each gets its own copy. */
  async send(request: GeneratedRequest): Promise<Reply> {
    const { kind, data, now } = request;
    this.#now = now;
    const expected = this.#model.handle(kind, copyOf(data), now);
    const got = await this.#options.subject.handle(kind, copyOf(data), now);
    const differences = compareReplies(kind, expected, got);
    if (differences.length > 0) this.#fail(request, expected, got, differences);
    this.#history.push({ step: this.#step, request, status: got.status });
    const answer = `${kind} ${got.status}`;
    this.report.answers.set(answer, (this.report.answers.get(answer) ?? 0) + 1);
    return got;
  }

  async compareState(): Promise<void> {
    const now = this.#now;
    await this.send({ kind: 'debug.tick', data: { time: now }, now });
    const snap = (await this.send({ kind: 'debug.snap', data: {}, now })).data as Snap;
    const broken = checkInvariants(snap, this.#snap);
    if (broken.length > 0) {
      const faults = broken.map(({ invariant, section, fault }) => `${invariant} (section ${section}): ${fault}`);
      throw new Error([`invariants broken after step ${this.#step}`, ...faults, this.#replayHint()].join('\n'));
    }
    this.#snap = snap;
    this.report.snaps += 1;
  }

  #fail(request: GeneratedRequest, expected: Reply, got: Reply, differences: Difference[]): never {
    const values = differences.map((difference) => [difference.expected, difference.got]);
    const entries = differences.flatMap(({ path }) => /\[([^\]]*)\]/.exec(path)?.[1] ?? []);
    const ids = [...new Set([...namedIds([request.data, values]), ...entries])];
    const history = this.#history.filter((past) => namedIds(past.request.data).some((id) => ids.includes(id)));
    const lines = [
      `the answer to step ${this.#step} of seed ${this.#options.seed} differs from the reference model's`,
      `request:  ${show(request)}`,
      ...differences.slice(0, HISTORY_SHOWN).map((difference) => {
        return `  ${difference.path}: expected ${short(difference.expected)}, got ${short(difference.got)}`;
      }),
      `expected: ${short(expected)}`,
      `got:      ${short(got)}`,
      `the last requests about ${ids.join(', ') || 'the same ids'}:`,
      ...history.slice(-HISTORY_SHOWN).map((past) => `  ${past.step}: ${show(past.request)} -> ${past.status}`),
      this.#replayHint(),
    ];
    throw new Error(lines.join('\n'));
  }

  #replayHint(): string {
    return `run it again: ${this.#options.replayCommand ?? `seed ${this.#options.seed}`}`;
  }
}

const ID_FIELDS = new Set(['id', 'awaited', 'awaiter']);

/** Every id in the data of a request or in a part of an answer, at any depth. */
function namedIds(json: unknown): string[] {
  if (typeof json !== 'object' || json === null) return [];
  const ids = Object.entries(json).flatMap(([key, value]) => {
    return ID_FIELDS.has(key) && typeof value === 'string' ? [value] : namedIds(value);
  });
  return [...new Set(ids)];
}

function show({ kind, data, now }: GeneratedRequest): string {
  return `${now} ${kind} ${JSON.stringify(data)}`;
}

function short(json: unknown): string {
  const text = JSON.stringify(json) ?? 'nothing';
  return text.length > CHARACTERS_SHOWN ? `${text.slice(0, CHARACTERS_SHOWN)}…` : text;
}
