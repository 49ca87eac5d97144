import { z } from 'zod';
import { getAdmin } from '../../http.ts';
import { defineTool, promiseId } from '../tool.ts';

export const whyTool = defineTool({
  name: 'why',
  description:
    'Say in one sentence why a promise is pending or how it failed, and what to do. It follows the chain of awaited promises to its end',
  input: z.object({ id: promiseId }),
  run: ({ id }, { server }) => getAdmin('/admin/promises/:id/why', { id }, server),
});
