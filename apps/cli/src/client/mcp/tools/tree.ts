import { z } from 'zod';
import { ClientError } from '../../http.ts';
import { loadTree } from '../../tree-load.ts';
import { treeLine } from '../../tree-line.ts';
import { defineTool, promiseId } from '../tool.ts';

export const treeTool = defineTool({
  name: 'tree',
  description:
    'Show the call graph of a root promise as lines: each call below its caller, with its state and its error',
  input: z.object({ id: promiseId }),
  run: async ({ id }, { server }) => {
    const placed = await loadTree(id, server);
    if (placed.length === 0) throw new ClientError(`there is no promise with the id or the origin ${id}`);
    return { tree: placed.map((one) => treeLine(one, true)) };
  },
});
