import { z } from 'zod';
import { callData } from '../../call-data.ts';
import { call } from '../../http.ts';
import { defineTool, promiseId } from '../tool.ts';

const DEFAULT_TIMEOUT_MS = 3_600_000;

export const invokeTool = defineTool({
  name: 'invoke',
  description:
    'Call a function of a worker. Returns its promise at once. The id identifies the call: with the id of an earlier ' +
    'call, its promise is returned and nothing starts. Use promise-listen to get notified of the result, and why if it ' +
    'stays pending',
  input: z.object({
    id: promiseId.describe('Id of the call and of its promise'),
    func: z.string().min(1).describe('Name of the function, as workers registered it'),
    args: z.array(z.unknown()).default([]).describe('Its arguments, any JSON'),
    version: z.int().min(1).default(1).describe('Version of the function'),
    target: z.string().min(1).default('poll://any@default').describe('Address of the workers'),
    timeoutMs: z.int().min(1).default(DEFAULT_TIMEOUT_MS).describe('Time limit in milliseconds'),
    delayMs: z.int().min(0).default(0).describe('Milliseconds until it starts'),
  }),
  run: (input, { server }) => call('promise.create', callData(input), server),
});
