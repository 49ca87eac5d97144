import { z } from 'zod';
import { call } from '../../http.ts';
import { defineTool, promiseId } from '../tool.ts';

export const promiseListenTool = defineTool({
  name: 'promise-listen',
  description:
    'Get notified when a promise settles. Returns the current promise. When it settles, a ' +
    '`notifications/claude/channel` notification contains it. A promise that has already settled causes no notification',
  input: z.object({ id: promiseId }),
  run: ({ id }, { server, address }) => call('promise.register_listener', { awaited: id, address }, server),
});
