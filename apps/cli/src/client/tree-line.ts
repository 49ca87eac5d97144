import { STATE_VERBS, span } from '@resonate/admin/words';
import type { PromiseRecord, PromiseState } from '@resonate/protocol';
import { decodedText, errorIn } from '@resonate/protocol/sdk-error';
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
 * @param isForPeople true to add how a call failed, after how long, and its function; and to tell a promise that
 *   somebody outside settles from a call, as the dashboard does
 */
export function treeLine({ id, promise, trunks, branch }: Placed, isForPeople = false): string {
  const sign = promise ? ` ${SIGNS[promise.state]}` : '';
  const call = promise && (isForPeople && isOutside(promise) ? '(promise)' : callOf(promise));
  const line = `${trunks}${branch}${printable(id)}${sign} ${call ?? ''}`;
  const failure = promise && isForPeople ? failureOf(promise) : '';
  return failure === '' ? line : `${line.trimEnd()} ${failure}`;
}

/** `failed after 3 s: out of paper`, with the function if the call does not name it; or nothing. */
function failureOf(promise: PromiseRecord): string {
  const { state, param, value, createdAt, settledAt = createdAt } = promise;
  if (state === 'pending' || state === 'resolved') return '';
  const name = callOf(promise) === '' ? nameOf(param.data).trim() : '';
  const error = errorIn(decodedText(value.data ?? ''));
  const called = name === '' ? '' : `(${name}) `;
  const why = error === '' ? '' : `: ${shortened(printable(error))}`;
  return `${called}${STATE_VERBS[state]} after ${span(settledAt - createdAt)}${why}`;
}

/** True if it calls nothing and has no target, so no worker settles it. The public command shows it as `(rpc)`. */
function isOutside(promise: PromiseRecord): boolean {
  return callOf(promise) === '(rpc)' && promise.tags['resonate:target'] === undefined;
}

/** `(run f)`, `(rpc f)`, `(sleep)`, or nothing. */
function callOf({ tags, param }: PromiseRecord): string {
  if (tags['resonate:timer']) return '(sleep)';
  const call = { global: 'rpc', local: 'run' }[tags['resonate:scope'] ?? ''];
  return call ? `(${call}${nameOf(param.data)})` : '';
}

function nameOf(data: string | undefined): string {
  try {
    const { func } = JSON.parse(decodedText(data ?? '')) as { func?: unknown };
    return typeof func === 'string' ? ` ${printable(func)}` : '';
  } catch {
    return '';
  }
}
