import type { Reply } from '@resonate/protocol';
import { comparable } from '../compare.ts';
import { ReferenceModel, type ReferenceModelOptions } from '../reference-model.ts';
import { type HistoryEvent, isRead } from './history.ts';

export interface Outcome {
  /** The state afterwards. */
  state: number;
  /** The model's answer, in the form in which answers are compared. */
  answer: string;
}

/** The numbered states of the model that a search has visited, and the effect of each request on them. */
export class StateGraph {
  readonly initial = 0;
  readonly #now: number;
  readonly #states: ReferenceModel[];
  readonly #numbers: Map<string, number>;
  readonly #outcomes = new Map<string, Outcome>();

  constructor(now: number, options: ReferenceModelOptions) {
    const model = new ReferenceModel(options);
    this.#now = now;
    this.#states = [model];
    this.#numbers = new Map([[model.fingerprint(), this.initial]]);
  }

  /** `index` names the event within the history that is searched. */
  apply(state: number, index: number, event: HistoryEvent): Outcome {
    const key = `${state} ${index}`;
    const known = this.#outcomes.get(key);
    if (known) return known;
    const model = this.#states[state]!;
    const next = isRead(event) ? model : model.clone();
    const answer = timelessAnswer(event.kind, next.handle(event.kind, event.data, this.#now));
    const outcome = { state: next === model ? state : this.#number(next), answer };
    this.#outcomes.set(key, outcome);
    return outcome;
  }

  #number(model: ReferenceModel): number {
    const fingerprint = model.fingerprint();
    const known = this.#numbers.get(fingerprint);
    if (known !== undefined) return known;
    const number = this.#states.push(model) - 1;
    this.#numbers.set(fingerprint, number);
    return number;
  }
}

/** An answer without the times of creation and settlement, because the model does not know them. */
export function timelessAnswer(kind: string, { status, data }: Reply): string {
  return JSON.stringify(comparable(kind, { status, data: withoutTimes(data) }));
}

function withoutTimes(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withoutTimes);
  if (typeof json !== 'object' || json === null) return json;
  const kept = Object.entries(json).filter(([key]) => key !== 'createdAt' && key !== 'settledAt');
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutTimes(value)]));
}
