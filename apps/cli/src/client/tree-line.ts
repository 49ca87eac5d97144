import type { PromiseRecord, PromiseState } from '@resonate/protocol';
import { decoded } from './answer.ts';
import { printable } from './output.ts';
import type { Placed } from './tree-order.ts';

const SIGNS: Readonly<Record<PromiseState, string>> = {
  pending: '🟡',
  resolved: '🟢',
  rejected: '🔴',
  rejected_canceled: '🔴',
  rejected_timedout: '🔴',
};

/** One line of the tree. It equals the public command's output, including the trailing space if the call is unknown. */
export function treeLine({ id, promise, trunks, branch }: Placed): string {
  const sign = promise ? ` ${SIGNS[promise.state]}` : '';
  return `${trunks}${branch}${printable(id)}${sign} ${promise ? callOf(promise) : ''}`;
}

/** `(run f)`, `(rpc f)`, `(sleep)`, or nothing. */
function callOf({ tags, param }: PromiseRecord): string {
  if (tags['resonate:timer']) return '(sleep)';
  const call = { global: 'rpc', local: 'run' }[tags['resonate:scope'] ?? ''];
  return call ? `(${call}${nameOf(param.data)})` : '';
}

function nameOf(data: string | undefined): string {
  try {
    const { func } = JSON.parse(decoded(data ?? '')) as { func?: unknown };
    return typeof func === 'string' ? ` ${printable(func)}` : '';
  } catch {
    return '';
  }
}
