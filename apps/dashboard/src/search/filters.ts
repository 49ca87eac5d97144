import type { PromisesQuery } from '@resonate/admin';
import type { Query } from '../api/client.ts';

const MINUTE = 60_000;

/** The time spans that the page offers, each ending now. */
export const SPANS: Readonly<Record<string, readonly [label: string, ms: number]>> = {
  '15m': ['Last 15 minutes', 15 * MINUTE],
  '1h': ['Last hour', 60 * MINUTE],
  '1d': ['Last 24 hours', 24 * 60 * MINUTE],
  '7d': ['Last 7 days', 7 * 24 * 60 * MINUTE],
};

/** The filters in the page's URL. */
export interface Filters {
  prefix: string;
  func: string;
  state: string;
  tags: readonly string[];
  /** A key of SPANS, `custom`, or '' for any time. */
  span: string;
  /** In the format of `<input type="datetime-local">`. */
  from: string;
  to: string;
  isAll: boolean;
}

/** Which promises: all, those that no other promise has called, or the others. */
export type Kind = 'all' | 'roots' | 'steps';

export function readFilters(params: URLSearchParams): Filters {
  const from = params.get('from') ?? '';
  const to = params.get('to') ?? '';
  const span = params.get('span') ?? '';
  return {
    prefix: params.get('prefix') ?? '',
    func: params.get('func') ?? '',
    state: params.get('state') ?? '',
    tags: params.getAll('tag'),
    span: from !== '' || to !== '' ? 'custom' : span,
    from,
    to,
    isAll: params.get('kind') === 'all',
  };
}

/** True if any filter is set. */
export function isNarrowed({ prefix, func, state, tags, span }: Filters): boolean {
  return prefix !== '' || func !== '' || state !== '' || tags.length > 0 || span !== '';
}

/** True if the user entered an id, a function or a tag. A match may then be a step of a workflow. */
export function hasText({ prefix, func, tags }: Filters): boolean {
  return prefix !== '' || func !== '' || tags.length > 0;
}

/** The query for the server. @param now epoch ms, the end of a span */
export function requestOf({ prefix, func, state, tags, span, from, to }: Filters, kind: Kind, now: number): Query {
  const spanMs = SPANS[span]?.[1];
  const query = {
    prefix,
    func,
    state: state as NonNullable<PromisesQuery['state']>,
    tag: [...tags],
    from: spanMs === undefined ? epochMs(from) : now - spanMs,
    to: epochMs(to),
    ...(kind === 'all' ? {} : { [kind]: 'true' }),
  } satisfies Record<keyof Omit<PromisesQuery, 'limit' | 'cursor' | 'reasons' | 'roots' | 'steps'>, unknown>;
  return query;
}

function epochMs(local: string): number | undefined {
  const time = local === '' ? NaN : new Date(local).getTime();
  return Number.isNaN(time) ? undefined : time;
}
