import { z } from 'zod';
import { call } from '../../http.ts';
import { defineTool, tags } from '../tool.ts';

export const promiseSearch = defineTool({
  name: 'promise-search',
  description: 'Find promises by state and tags, in order of their ids',
  input: z.object({
    state: z.enum(['pending', 'resolved', 'rejected', 'rejected_canceled', 'rejected_timedout']).optional(),
    tags: tags.optional().describe('All of these must match'),
    limit: z.int().min(1).max(1000).optional().describe('Maximum number of results (default 100)'),
    cursor: z.string().min(1).optional().describe('The cursor of the previous page, to get the next one'),
  }),
  run: (query, { server }) => call('promise.search', query, server),
});
