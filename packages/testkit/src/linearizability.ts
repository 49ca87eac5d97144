import { type HistoryEvent, isRead, isUnknown, partitionHistory } from './linearizability/history.ts';
import { StateGraph, timelessAnswer } from './linearizability/step.ts';
import type { ReferenceModelOptions } from './reference-model.ts';

export { type HistoryEvent, partitionHistory } from './linearizability/history.ts';

/**
 * Checks a history of concurrent clients: is there one order of the requests, in which each takes effect at some
 * instant between its sending and its answer, for which the reference model gives the same answers? (Wing and Gong's
 * algorithm, with Lowe's cache of visited states.) The model's clock stands still, so no timeout, lease or delay may end
 * during the history. None of the history's ids may exist before it.
 */

export interface LinearizabilityOptions {
  /** The model's clock, epoch ms: a time before every timeout of the history. */
  now?: number;
  /** How many steps the search may take in all. */
  maxSteps?: number;
  model?: ReferenceModelOptions;
}

export interface LinearizabilityResult {
  /** `undecided`: the search reached `maxSteps`. Treat it as a failure, and check a shorter history. */
  verdict: 'linearizable' | 'violation' | 'undecided';
  steps: number;
  /** The requests at which the search failed; empty for `linearizable`. */
  explanation: string;
}

/** @throws when the history is not shown to be linearizable. */
export function assertLinearizable(events: readonly HistoryEvent[], options: LinearizabilityOptions = {}): void {
  const { verdict, explanation } = checkLinearizability(events, options);
  if (verdict !== 'linearizable') throw new Error(explanation);
}

export function checkLinearizability(
  events: readonly HistoryEvent[],
  options: LinearizabilityOptions = {},
): LinearizabilityResult {
  const maxSteps = options.maxSteps ?? 2_000_000;
  let steps = 0;
  for (const part of partitionHistory(events.filter((event) => !isIdle(event)))) {
    const search = new Search(part, options, maxSteps - steps);
    const verdict = search.run();
    steps += search.steps;
    if (verdict !== 'linearizable') return { verdict, steps, explanation: search.explain(verdict) };
  }
  return { verdict: 'linearizable', steps, explanation: '' };
}

/** Without time, a heartbeat changes nothing. It is left out, because its list of tasks would join their histories. */
function isIdle(event: HistoryEvent): boolean {
  return event.kind === 'task.heartbeat' && (isUnknown(event) || event.reply?.status === 200);
}

interface Answered extends HistoryEvent {
  answer: string;
  /** This request changes nothing, so it can take the first place where its answer fits. */
  isPure: boolean;
}

/** The requests that have a place in the order so far, and the state after them. */
interface Position {
  /** All answered requests before this index have a place. */
  frontier: number;
  /** Requests after the frontier that have a place, too. */
  ahead: readonly number[];
  /** Requests without an answer that are assumed to have happened. */
  happened: readonly number[];
  state: number;
}

interface Frame {
  position: Position;
  /** Requests that may come next and were not tried yet. Negative numbers are requests without an answer. */
  choices: number[];
}

class Search {
  steps = 0;
  readonly #answered: Answered[];
  readonly #unknown: HistoryEvent[];
  readonly #graph: StateGraph;
  readonly #maxSteps: number;
  readonly #seen = new Set<string>();
  #furthest: Position;

  constructor(events: HistoryEvent[], options: LinearizabilityOptions, maxSteps: number) {
    const inOrder = [...events].sort((a, b) => a.callAt - b.callAt);
    this.#answered = inOrder.flatMap((event) => {
      if (isUnknown(event) || !event.reply) return [];
      const isPure = isRead(event) || event.reply.status >= 400;
      return [{ ...event, isPure, answer: timelessAnswer(event.kind, event.reply) }];
    });
    this.#unknown = inOrder.filter((event) => isUnknown(event) && !isRead(event));
    this.#graph = new StateGraph(options.now ?? 0, options.model ?? {});
    this.#maxSteps = maxSteps;
    this.#furthest = { frontier: 0, ahead: [], happened: [], state: this.#graph.initial };
  }

  run(): LinearizabilityResult['verdict'] {
    const stack: Frame[] = [this.#enter(this.#furthest)];
    for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
      if (frame.position.frontier === this.#answered.length) return 'linearizable';
      const choice = frame.choices.shift();
      if (choice === undefined) {
        stack.pop();
        continue;
      }
      if (++this.steps > this.#maxSteps) return 'undecided';
      const next = this.#take(frame.position, choice);
      if (!next) continue;
      // The request changes nothing and its answer fits here, so it need not be tried at a later place.
      if (choice >= 0 && this.#answered[choice]!.isPure) frame.choices = [];
      const key = `${next.frontier}|${next.ahead.join()}|${next.happened.join()}|${next.state}`;
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      stack.push(this.#enter(next));
    }
    return 'violation';
  }

  #enter(position: Position): Frame {
    if (placed(position) > placed(this.#furthest)) this.#furthest = position;
    return { position, choices: this.#choices(position) };
  }

  /**
   * The requests that were sent before any other request without a place was answered. Requests that change nothing come
   * first, then the others by the time of their answer.
   */
  #choices({ frontier, ahead, happened }: Position): number[] {
    const isPlaced = new Set(ahead);
    const open: number[] = [];
    let firstReturnAt = Infinity;
    for (let index = frontier; index < this.#answered.length; index++) {
      const { callAt, returnAt } = this.#answered[index]!;
      if (callAt > firstReturnAt) break;
      if (isPlaced.has(index)) continue;
      open.push(index);
      firstReturnAt = Math.min(firstReturnAt, returnAt);
    }
    const answered = open
      .map((index) => ({ index, event: this.#answered[index]! }))
      .filter(({ event }) => event.callAt <= firstReturnAt)
      .sort((a, b) => Number(b.event.isPure) - Number(a.event.isPure) || a.event.returnAt - b.event.returnAt)
      .map(({ index }) => index);
    const unknown = this.#unknown.flatMap(({ callAt }, index) => {
      return callAt <= firstReturnAt && !happened.includes(index) ? [-1 - index] : [];
    });
    return [...answered, ...unknown];
  }

  /** @returns the next position; undefined if the answer is wrong there, or if an unanswered request changes nothing. */
  #take(position: Position, choice: number): Position | undefined {
    if (choice < 0) {
      const index = -1 - choice;
      const { state } = this.#graph.apply(position.state, choice, this.#unknown[index]!);
      if (state === position.state) return undefined;
      return { ...position, state, happened: [...position.happened, index].sort((a, b) => a - b) };
    }
    const event = this.#answered[choice]!;
    const { state, answer } = this.#graph.apply(position.state, choice, event);
    if (answer !== event.answer) return undefined;
    let frontier = position.frontier;
    const ahead = new Set(position.ahead).add(choice);
    while (ahead.delete(frontier)) frontier += 1;
    return { ...position, state, frontier, ahead: [...ahead].sort((a, b) => a - b) };
  }

  explain(verdict: LinearizabilityResult['verdict']): string {
    const open = this.#choices(this.#furthest).filter((choice) => choice >= 0);
    const lines = open.map((index) => {
      const { client, callAt, returnAt, kind, data, answer } = this.#answered[index]!;
      const model = this.#graph.apply(this.#furthest.state, index, this.#answered[index]!).answer;
      return [
        `  client ${client}, ${callAt} to ${returnAt}: ${kind} ${JSON.stringify(data)}`,
        `    was answered ${answer}`,
        `    and should be ${model}`,
      ].join('\n');
    });
    return [
      verdict === 'violation' ? 'the history is not linearizable' : `undecided after ${this.steps} steps`,
      `${placed(this.#furthest)} of ${this.#answered.length} answered requests have a place in the order, and ${this.#furthest.happened.length} unanswered requests are assumed to have happened. The next one should be one of these:`,
      ...lines,
    ].join('\n');
  }
}

function placed({ frontier, ahead }: Position): number {
  return frontier + ahead.length;
}
