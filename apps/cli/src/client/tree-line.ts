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
 * @param showsFailure true to add how a call failed, after how long, and its function
 */
export function treeLine({ id, promise, trunks, branch }: Placed, showsFailure = false): string {
  const sign = promise ? ` ${SIGNS[promise.state]}` : '';
  const line = `${trunks}${branch}${printable(id)}${sign} ${promise ? callOf(promise) : ''}`;
  const failure = promise && showsFailure ? failureOf(promise) : '';
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
