import { TAG, type PromiseState, type StringMap } from '@resonate/protocol';
import type { PromiseRow, TaskRow } from '../rows.ts';

/** How long settled promises are kept, ms; null: forever. */
export interface RetentionRules {
  afterMs: number | null;
  /** States with a period of their own. */
  afterByState: Readonly<Partial<Record<PromiseState, number>>>;
  /**
   * The first rule that matches the promise applies, otherwise the first that matches its root. A tag rule has
   * precedence over `afterByState`.
   */
  afterByTag: readonly TagRule[];
}

export interface TagRule {
  name: string;
  /** The tag's value; `*` stands for any text. */
  pattern: string;
  afterMs: number | null;
}

/** The fields of a promise that retention needs. */
export type RetainedPromise = Pick<PromiseRow, 'id' | 'state' | 'settledAt' | 'tags'>;

/** Some or all promises of one origin, with their tasks, messages, awaiters and callers. */
export interface CallGraph {
  promises: readonly RetainedPromise[];
  /** The tags of the root promise; empty if it does not exist. */
  rootTags: StringMap;
  tasks: readonly Pick<TaskRow, 'id' | 'state'>[];
  /** Promises of the graph with undelivered `unblock`s, and those with dead letters. */
  undelivered: readonly string[];
  deadLetters: readonly string[];
  /** Promises outside of the graph that await a promise of it, or have called one. They may have settled since. */
  around: readonly Pick<PromiseRow, 'id' | 'state'>[];
}

/** Why a call graph is kept. */
export type KeepReason = 'pending' | 'recent' | 'forever' | 'awaited' | 'undelivered' | 'dead_letter';

/**
 * Whether a call graph may be removed: all of its promises have been settled for long enough, and nobody waits for one.
 * @returns why it is kept; null: it may be removed. After that, only new promises of its origin can change the answer.
 */
export function reasonToKeep(graph: CallGraph, rules: RetentionRules, now: number): KeepReason | null {
  return tooYoung(graph, rules, now) ?? heldBy(graph);
}

/** Checks only the promises: whether one is pending, or has not been settled for long enough. */
export function tooYoung(
  { promises, rootTags }: Pick<CallGraph, 'promises' | 'rootTags'>,
  rules: RetentionRules,
  now: number,
): KeepReason | null {
  let reason: KeepReason | null = null;
  for (const promise of promises) {
    // An expired promise counts as pending here, because its awaiters have not been resumed.
    if (promise.state === 'pending' || promise.settledAt === null) return 'pending';
    const afterMs = periodOf(promise, rootTags, rules);
    if (afterMs === null) reason = 'forever';
    else if (promise.settledAt + afterMs > now) reason ??= 'recent';
  }
  return reason;
}

/** Checks what surrounds the promises: whether somebody still waits for one. */
export function heldBy({ tasks, undelivered, deadLetters, around }: CallGraph): KeepReason | null {
  if (tasks.some(({ state }) => state !== 'fulfilled')) return 'pending';
  if (around.some(({ state }) => state === 'pending')) return 'awaited';
  if (undelivered.length > 0) return 'undelivered';
  return deadLetters.length > 0 ? 'dead_letter' : null;
}

/** The shortest of all periods, ms: promises that settled more recently are all kept. null: everything is kept. */
export function shortestPeriod({ afterMs, afterByState, afterByTag }: RetentionRules): number | null {
  const periods = [afterMs, ...Object.values(afterByState), ...afterByTag.map((rule) => rule.afterMs)];
  const finite = periods.filter((period) => period !== null);
  return finite.length === 0 ? null : Math.min(...finite);
}

/** The ids that a promise names as its callers. */
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

/** Whether a text matches the pattern, in which `*` stands for any text. */
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
