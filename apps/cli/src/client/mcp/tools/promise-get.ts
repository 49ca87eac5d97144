import { z } from 'zod';
import { call } from '../../http.ts';
import { defineTool, promiseId } from '../tool.ts';

export const promiseGetTool = defineTool({
  name: 'promise-get',
  description: 'Get a promise with its state and, once settled, its value',
  input: z.object({ id: promiseId }),
  run: ({ id }, { server }) => call('promise.get', { id }, server),
});
