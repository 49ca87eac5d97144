import { endOf } from './node.ts';
import type { Branch } from './tree.ts';

/** `queued`: waits for a worker. `running`: a worker holds it. `waiting`: for remote calls, a timer or an external client. */
export interface Span {
  kind: 'queued' | 'running' | 'waiting';
  from: number;
  to: number;
}

/** The maximum number of parts of a bar. Further parts are merged. */
const MAX_PARTS = 60;

/**
 * The phases of a promise without gaps, from its creation to its end. The server keeps no history of leases. So the time
 * before a worker took the task counts as running once it is taken. Waiting is derived from the children: the promise waited
 * while one of its remote calls was pending and no local step ran.
 */
export function spansOf(branch: Branch, now: number): Span[] {
  const { node } = branch;
  const from = node.createdAt;
  const to = endOf(node, now);
  if (node.kind === 'sleep' || node.kind === 'promise') return [{ kind: 'waiting', from, to }];
  if (node.state === 'pending' && node.task?.state === 'pending') return queuedSpans(branch, from, to);
  if (node.state === 'pending' && node.task?.state === 'halted') return [{ kind: 'queued', from, to }];
  return split(branch, from, to, now);
}

/**
 * The phases of a task that is not acquired: queued since its creation or, if it ran before, since the last known event
 * of its children.
 */
function queuedSpans(branch: Branch, from: number, to: number): Span[] {
  if ((branch.node.task?.version ?? 0) === 0) return [{ kind: 'queued', from, to }];
  let last = from;
  for (const { node } of branch.children) last = Math.max(last, node.settledAt ?? node.createdAt);
  last = Math.min(last, to);
  return [...split(branch, from, last, last), { kind: 'queued' as const, from: last, to }].filter((s) => s.to > s.from);
}

function split(branch: Branch, from: number, to: number, now: number): Span[] {
  const waits = branch.children
    .filter(({ node }) => node.kind !== 'run' && node.parent !== undefined)
    .map(({ node }) => ({ from: Math.max(from, node.createdAt), to: Math.min(to, endOf(node, now)) }))
    .filter((wait) => wait.to > wait.from)
    .sort((a, b) => a.from - b.from);
  const spans: Span[] = [];
  let at = from;
  for (const wait of waits) {
    if (spans.length >= MAX_PARTS) break;
    if (wait.to <= at) continue;
    if (wait.from > at) spans.push({ kind: 'running', from: at, to: wait.from });
    const start = Math.max(at, wait.from);
    const last = spans.at(-1);
    if (last?.kind === 'waiting') last.to = wait.to;
    else spans.push({ kind: 'waiting', from: start, to: wait.to });
    at = wait.to;
  }
  if (at < to || spans.length === 0) spans.push({ kind: 'running', from: at, to });
  return spans;
}
