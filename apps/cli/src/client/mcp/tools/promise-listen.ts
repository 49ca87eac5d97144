import { z } from 'zod';
import { call } from '../../http.ts';
import { defineTool, promiseId } from '../tool.ts';

export const promiseListen = defineTool({
  name: 'promise-listen',
  description:
    'Be told when a promise settles: answers at once with the promise as it is; when it settles, a ' +
    '`notifications/claude/channel` notification carries it. One that is settled already is not announced again',
  input: z.object({ id: promiseId }),
  run: ({ id }, { server, address }) => call('promise.register_listener', { awaited: id, address }, server),
});
