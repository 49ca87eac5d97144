import { randomUUID } from 'node:crypto';
import type { PromiseRecord } from '@resonate/protocol';
import { z } from 'zod';
import { base64 } from '../../arguments.ts';
import { call } from '../../http.ts';
import type { McpSession } from '../mcp-session.ts';
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
  async run({ script, id = `bash-${randomUUID()}`, timeoutMs, target, tags }, session) {
    const data = {
      id,
      timeoutAt: Date.now() + timeoutMs,
      param: { data: base64(script) },
      tags: { ...tags, 'resonate:target': target },
    };
    const created = await call<{ promise: PromiseRecord }>('promise.create', data, session.server);
    const heard = created.promise.state === 'pending' ? await listen(id, session) : null;
    return { promise: heard ?? created.promise, listener_registered: heard !== null, target };
  },
});

/**
 * Registers the session as a listener of a script. Null if that failed, which is not an error, because the script runs.
 */
async function listen(id: string, { server, address, logger, announce }: McpSession): Promise<PromiseRecord | null> {
  try {
    const registration = { awaited: id, address };
    const { promise } = await call<{ promise: PromiseRecord }>('promise.register_listener', registration, server);
    // A short script may have ended before the listener was registered. Then the server sends no message.
    if (promise.state !== 'pending') await announce(promise);
    return promise;
  } catch (error) {
    logger.warn('the listener could not be registered: there will be no notification when the script ends', {
      id,
      error: (error as Error).message,
    });
    return null;
  }
}
