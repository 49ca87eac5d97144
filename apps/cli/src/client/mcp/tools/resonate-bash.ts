import { randomUUID } from 'node:crypto';
import type { PromiseRecord } from '@resonate/protocol';
import { z } from 'zod';
import { base64 } from '../../arguments.ts';
import { call } from '../../http.ts';
import { defineTool, promiseId, tags } from '../tool.ts';

const DEFAULT_TIMEOUT_MS = 300_000;

export const resonateBashTool = defineTool({
  name: 'resonate-bash',
  description:
    'Run a bash script durably in the background. Returns its promise at once. When the script ends, a ' +
    '`notifications/claude/channel` notification contains the result. After a crash the script starts again from its ' +
    'beginning, so it must be idempotent. Use it to wait for something: `until …; do sleep 30; done`',
  input: z.object({
    script: z.string().min(1).describe('The script'),
    id: promiseId.optional().describe('Id of its promise; generated if absent'),
    timeoutMs: z.int().min(1).default(DEFAULT_TIMEOUT_MS).describe('Time limit in milliseconds'),
    target: z
      .string()
      .startsWith('bash://')
      .default('bash://')
      .describe('Where the script runs: bash://, bash://docker/IMAGE or bash://tensorlake/IMAGE'),
    tags: tags.optional(),
  }),
  async run({ script, id = `bash-${randomUUID()}`, timeoutMs, target, tags }, { server, address, logger }) {
    const data = {
      id,
      timeoutAt: Date.now() + timeoutMs,
      param: { data: base64(script) },
      tags: { ...tags, 'resonate:target': target },
    };
    const { promise } = await call<{ promise: PromiseRecord }>('promise.create', data, server);
    // The script runs even if registering the listener fails, so that is not an error.
    const registered =
      promise.state === 'pending' &&
      (await call('promise.register_listener', { awaited: id, address }, server).then(
        () => true,
        (error: unknown) => {
          logger.warn('the listener could not be registered: there will be no notification when the script ends', {
            id,
            error: (error as Error).message,
          });
          return false;
        },
      ));
    return { promise, listener_registered: registered, target };
  },
});
