import { z } from 'zod';
import { encodeData } from '../../arguments.ts';
import { call } from '../../http.ts';
import { defineTool, promiseId, value } from '../tool.ts';

const STATES = { resolve: 'resolved', reject: 'rejected', cancel: 'rejected_canceled' } as const;

export const promiseSettleTool = defineTool({
  name: 'promise-settle',
  description: 'Settle a promise. A promise that has already settled does not change',
  input: z.object({
    id: promiseId,
    resolution: z.enum(['resolve', 'reject', 'cancel']),
    value: value
      .optional()
      .describe(
        'Its result. SDKs read data as JSON, so a text for a workflow needs quotes of its own: {"data": "\\"yes\\""}',
      ),
  }),
  run: ({ id, resolution, value }, { server }) =>
    call('promise.settle', { id, state: STATES[resolution], value: encodeData(value) }, server),
});
