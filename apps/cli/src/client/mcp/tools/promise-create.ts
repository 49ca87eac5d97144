import { z } from 'zod';
import { encodeData } from '../../arguments.ts';
import { call } from '../../http.ts';
import { defineTool, promiseId, tags, value } from '../tool.ts';

export const promiseCreateTool = defineTool({
  name: 'promise-create',
  description: 'Create a durable promise, or get the existing one with this id',
  input: z.object({
    id: promiseId,
    timeout_at: z.int().min(0).describe('When it times out, in milliseconds since the epoch'),
    param: value.optional().describe('Its input'),
    tags: tags.optional(),
  }),
  run: ({ id, timeout_at: timeoutAt, param, tags }, { server }) =>
    call('promise.create', { id, timeoutAt, param: encodeData(param), tags }, server),
});
