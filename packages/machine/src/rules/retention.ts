import { TAG, type PromiseState, type StringMap } from '@resonate/protocol';
import type { PromiseRow, TaskRow } from '../rows.ts';

/** How long settled promises are kept, ms; null: for ever. */
export interface RetentionRules {
  afterMs: number | null;
  /** Where a state has a period of its own. */
  afterByState: Readonly<Partial<Record<PromiseState, number>>>;
  /** The first one that fits a promise, or else its root, decides instead. */
  afterByTag: readonly TagRule[];
}

export interface TagRule {
  name: string;
  /** What the tag's value must be; `*` stands for any text. */
  pattern: string;
  afterMs: number | null;
}

/** A promise of a call graph, as far as retention goes by it. */
export type RetainedPromise = Pick<PromiseRow, 'id' | 'state' | 'settledAt' | 'tags'>;

/** Some or all promises of one origin, with what hangs on them. */
export interface CallGraph {
  promises: readonly RetainedPromise[];
  /** The tags of the promise that all others come from; none where it is not there. */
  rootTags: StringMap;
  tasks: readonly Pick<TaskRow, 'id' | 'state'>[];
  /** Promises of the graph whose `unblock` is not delivered yet, and those of kept dead letters. */
  undelivered: readonly string[];
  deadLetters: readonly string[];
  /** Promises outside that await one of the graph, or that one of the graph was called by. */
  around: readonly Pick<PromiseRow, 'id' | 'state'>[];
}

/** Why a call graph stays. */
export type KeepReason = 'pending' | 'recent' | 'forever' | 'awaited' | 'undelivered' | 'dead_letter';

/**
 * Whether a call graph may go: all of it has been settled for as long as the rules say, and nobody waits for any of it.
 * @returns why it stays; null: it may go. Once it may, only new promises of its origin can change that.
 */
export function reasonToKeep(graph: CallGraph, rules: RetentionRules, now: number): KeepReason | null {
  return tooYoung(graph, rules, now) ?? heldBy(graph);
}

/** Of the promises alone: whether one is pending or has not been settled for long enough. */
export function tooYoung(
  { promises, rootTags }: Pick<CallGraph, 'promises' | 'rootTags'>,
  rules: RetentionRules,
  now: number,
): KeepReason | null {
  let reason: KeepReason | null = null;
  for (const promise of promises) {
    // An expired one too: who awaits it has not been told.
    if (promise.state === 'pending' || promise.settledAt === null) return 'pending';
    const afterMs = periodOf(promise, rootTags, rules);
    if (afterMs === null) reason = 'forever';
    else if (promise.settledAt + afterMs > now) reason ??= 'recent';
  }
  return reason;
}

/** Of what hangs on the promises: whether somebody still waits for one. */
export function heldBy({ tasks, undelivered, deadLetters, around }: CallGraph): KeepReason | null {
  if (tasks.some(({ state }) => state !== 'fulfilled')) return 'pending';
  if (around.some(({ state }) => state === 'pending')) return 'awaited';
  if (undelivered.length > 0) return 'undelivered';
  return deadLetters.length > 0 ? 'dead_letter' : null;
}

/** The shortest of all periods: what settled later than that ago stays; null: everything does. */
export function shortestPeriod({ afterMs, afterByState, afterByTag }: RetentionRules): number | null {
  const periods = [afterMs, ...Object.values(afterByState), ...afterByTag.map((rule) => rule.afterMs)];
  const finite = periods.filter((period) => period !== null);
  return finite.length === 0 ? null : Math.min(...finite);
}

/** Ids that a promise names as its callers. */
export function callersOf({ id, tags }: RetainedPromise): string[] {
  const named = [tags[TAG.parent], tags[TAG.branch], tags[TAG.origin]];
  return named.filter((caller): caller is string => caller !== undefined && caller !== id);
}

function periodOf({ state, tags }: RetainedPromise, rootTags: StringMap, rules: RetentionRules): number | null {
  const rule = ruleFor(tags, rules) ?? ruleFor(rootTags, rules);
  return rule ? rule.afterMs : (rules.afterByState[state] ?? rules.afterMs);
}

function ruleFor(tags: StringMap, { afterByTag }: RetentionRules): TagRule | undefined {
  return afterByTag.find(({ name, pattern }) => Object.hasOwn(tags, name) && fits(pattern, tags[name] ?? ''));
}

/** Whether a text is what the pattern says, `*` being any text. */
function fits(pattern: string, text: string): boolean {
  const [start = '', ...rest] = pattern.split('*');
  const end = rest.pop();
  if (end === undefined) return text === pattern;
  if (!text.startsWith(start)) return false;
  let at = start.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - end.length >= at && text.endsWith(end);
}
