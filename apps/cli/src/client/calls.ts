import type { PromiseSummary } from '@resonate/admin';
import { span } from '@resonate/admin/words';
import { ClientError, getAdmin } from './http.ts';
import { instant, type Table } from './output.ts';
import type { Search } from './search.ts';

/** The largest page of `GET /admin/promises`. */
export const MAX_CALLS_PAGE = 500;

/**
 * Promises that call a function, newest first. It uses the admin API, because the protocol's search cannot search for
 * functions.
 */
export const CALLS: Search<PromiseSummary> = {
  load: ({ tags = {}, ...filters }, options) => getAdmin('/admin/promises', { ...filters, tag: pairs(tags) }, options),
  list: 'promises',
  pageSize: 100,
  maxPage: MAX_CALLS_PAGE,
  table: callTable,
};

/** @throws ClientError if the tags are not an object of strings. */
function pairs(tags: unknown): string[] {
  if (typeof tags !== 'object' || tags === null) throw new ClientError('--tags must be a JSON object');
  return Object.entries(tags).map(([name, value]) => {
    if (typeof value !== 'string') throw new ClientError(`--tags: the value of ${name} must be a string`);
    return `${name}=${value}`;
  });
}

function callTable(promises: readonly PromiseSummary[]): Table {
  return {
    columns: ['ID', 'STATE', 'FUNCTION', 'CREATED', 'TOOK', 'TIMEOUT', 'ERROR'],
    rows: promises.map((promise) => [
      ...[promise.id, promise.state, promise.function, instant(promise.createdAt), took(promise)],
      ...[instant(promise.timeoutAt), promise.error],
    ]),
  };
}

/** How long a settled promise took, for a table. */
export function took({ createdAt, settledAt }: { createdAt: number; settledAt?: number | undefined }): string {
  return settledAt === undefined ? '' : span(settledAt - createdAt);
}
