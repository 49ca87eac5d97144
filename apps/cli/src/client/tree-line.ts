import { STATE_VERBS, span } from '@resonate/admin/words';
import type { PromiseRecord, PromiseState } from '@resonate/protocol';
import { decodedText, errorIn } from '@resonate/protocol/sdk-error';
import { functionIn } from './call-data.ts';
import { printable, shortened } from './output.ts';
import type { Placed } from './tree-order.ts';

const SIGNS: Readonly<Record<PromiseState, string>> = {
  pending: '🟡',
  resolved: '🟢',
  rejected: '🔴',
  rejected_canceled: '🔴',
  rejected_timedout: '🔴',
};

/**
 * One line of the tree. It equals the public command's output, including the trailing space if the call is unknown.
 * @param isForPeople true to add how a call failed and after how long, and to name functions and promises that the
 *   public command does not name
 */
export function treeLine({ id, promise, indent, branch }: Placed, isForPeople = false): string {
  const sign = promise ? ` ${SIGNS[promise.state]}` : '';
  const call = promise && (isForPeople ? callForPeople(promise) : callOf(promise));
  const line = `${indent}${branch}${printable(id)}${sign} ${call ?? ''}`;
  const failure = promise && isForPeople ? failureOf(promise) : '';
  return failure === '' ? line : `${line.trimEnd()} ${failure}`;
}

/** `failed after 3 s: out of paper`, or nothing. */
function failureOf({ state, value, createdAt, settledAt = createdAt }: PromiseRecord): string {
  if (state === 'pending' || state === 'resolved') return '';
  const error = errorIn(decodedText(value.data ?? ''));
  const why = error === '' ? '' : `: ${shortened(printable(error))}`;
  return `${STATE_VERBS[state]} after ${span(settledAt - createdAt)}${why}`;
}

/**
 * Also names the function of a call from outside, such as `resonate invoke`. A promise that calls nothing and has no
 * target, so that no worker settles it, is a `(promise)` as in the dashboard.
 */
function callForPeople(promise: PromiseRecord): string {
  const call = callOf(promise);
  if (call === '(rpc)' && promise.tags['resonate:target'] === undefined) return '(promise)';
  const name = call === '' ? printable(functionIn(promise.param.data)) : '';
  return name === '' ? call : `(${name})`;
}

/** `(run f)`, `(rpc f)`, `(sleep)`, or nothing. */
function callOf({ tags, param }: PromiseRecord): string {
  if (tags['resonate:timer']) return '(sleep)';
  const call = { global: 'rpc', local: 'run' }[tags['resonate:scope'] ?? ''];
  return call ? `(${`${call} ${printable(functionIn(param.data))}`.trimEnd()})` : '';
}
