import { TRANSPORTS } from '@resonate/protocol/address';
import { z } from 'zod';
import { ClientError, getAdmin, postAdmin } from '../../http.ts';
import { defineTool, page, type Register } from '../tool.ts';

const selection = z.object({
  ids: z.array(z.int().min(1)).min(1).optional().describe('Ids of dead letters'),
  target: z.string().min(1).optional().describe('All for this target'),
  all: z.literal(true).optional().describe('All of them'),
});

/** The tools for messages that could not be delivered. */
export const DEAD_LETTER_TOOLS: readonly Register[] = [
  defineTool({
    name: 'dead-letter-list',
    description: 'List messages that could not be delivered, oldest first, with their last errors',
    input: z.object({
      transport: z.enum(TRANSPORTS).optional(),
      target: z.string().min(1).optional(),
      prefix: z.string().min(1).optional().describe('Only for promises whose id begins with this'),
      ...page,
    }),
    run: (query, { server }) => getAdmin('/admin/dead-letters', query, server),
  }),
  defineTool({
    name: 'dead-letter-redrive',
    description:
      'Send dead letters again. Give exactly one of ids, target and all. With ids they are sent at once. With target or ' +
      'all this starts a job on the server, which continues in the background, so call it once. It sends only letters ' +
      'that exist now. One job runs at a time. dead-letter-list shows which letters are left',
    input: selection,
    run: async (selected, { server }) => {
      const ways = [selected.ids, selected.target, selected.all].filter((way) => way !== undefined);
      if (ways.length !== 1) throw new ClientError('exactly one of ids, target and all must be given');
      return postAdmin(selected.ids ? '/admin/dead-letters/redrive' : '/admin/jobs/redrive', selected, server);
    },
  }),
  defineTool({
    name: 'dead-letter-drop',
    description:
      'Delete dead letters; they cannot be restored. Give exactly one of ids, target and all. If `more` is true in ' +
      'the answer, call it again',
    input: selection,
    run: (selected, { server }) => postAdmin('/admin/dead-letters/drop', selected, server),
  }),
];
