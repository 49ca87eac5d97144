import type { Reply, RequestData } from '@resonate/protocol';
import { ok } from '../operation.ts';
import { promiseQuery, searchAnswer, type PromiseQuery } from '../query.ts';
import type { PromiseRow } from '../rows.ts';
import { promiseRecord } from '../rules/records.ts';

export const promiseSearch = {
  query: (data: RequestData<'promise.search'>, now: number, prefix = ''): PromiseQuery =>
    promiseQuery(data, now, prefix),

  answer: (query: PromiseQuery, rows: PromiseRow[], now: number): Reply =>
    ok(searchAnswer('promises', rows, query.limit, (row) => promiseRecord(row, now))),
};
