import { PROMISE_STATES } from '@resonate/protocol/records';
import { z } from 'zod';
import { call } from '../../http.ts';
import { defineTool, page, tags } from '../tool.ts';

export const promiseSearchTool = defineTool({
  name: 'promise-search',
  description: 'Find promises by state and tags, in order of their ids',
  input: z.object({
    state: z.enum(PROMISE_STATES).optional(),
    tags: tags.optional().describe('All of these must match'),
    ...page,
  }),
  run: (query, { server }) => call('promise.search', query, server),
});
