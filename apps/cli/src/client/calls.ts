import type { Promises, PromiseSummary } from '@resonate/admin';
import { ClientError, get, parametersOf } from './http.ts';
import { instant, type Table } from './output.ts';
import type { Search } from './search.ts';

/** The largest page of the admin API. */
const MAX_PAGE = 500;

/**
 * Promises that call a function, newest first. It uses the admin API, because the protocol's search cannot search for
 * functions.
 */
export const CALLS: Search<PromiseSummary> = {
  load: async (query, options) => (await get(`/admin/promises?${parameters(query)}`, options)) as Promises,
  list: 'promises',
  pageSize: 100,
  maxPage: MAX_PAGE,
  table: callTable,
};

/** @throws ClientError if the tags are not an object of strings. */
function parameters({ tags = {}, ...filters }: Record<string, unknown>): string {
  const query = parametersOf(filters);
  if (typeof tags !== 'object' || tags === null) throw new ClientError('--tags must be a JSON object');
  for (const [name, value] of Object.entries(tags)) {
    if (typeof value !== 'string') throw new ClientError(`--tags: the value of ${name} must be a text`);
    query.append('tag', `${name}=${value}`);
  }
  return query.toString();
}

function callTable(promises: readonly PromiseSummary[]): Table {
  return {
    columns: ['ID', 'STATE', 'FUNCTION', 'CREATED', 'TIMEOUT', 'SETTLED'],
    rows: promises.map(({ id, state, function: name, createdAt, timeoutAt, settledAt }) => [
      ...[id, state, name, instant(createdAt), instant(timeoutAt), instant(settledAt)],
    ]),
  };
}
