/**
 * A worker process of the SDK tests:
 *   node worker.ts --sdk 0.11.5 --url http://127.0.0.1:8001 --group g --name a --ttl 60000 [--network websocket] [--stuck]
 * prints "ready" each time its stream to the server opens.
 */
import { parseArgs } from 'node:util';
import type { Logger } from '@resonatehq/sdk';
import { WebSocketNetwork } from '../../../clients/typescript/src/index.ts';
import { functions } from './functions.ts';
import { loadSdk } from './sdk.ts';

const { values } = parseArgs({
  options: {
    sdk: { type: 'string', default: '0.11.5' },
    url: { type: 'string', default: 'http://localhost:8001' },
    group: { type: 'string', default: 'default' },
    name: { type: 'string', default: 'worker' },
    ttl: { type: 'string', default: '60000' },
    network: { type: 'string', default: 'http' },
    stuck: { type: 'boolean', default: false },
  },
});

const { Resonate, Constant } = await loadSdk(values.sdk);

/** What the SDK and the network log once the worker's stream is open. */
const OPEN: readonly string[] = ['adapter connected', 'adapter reconnected', 'connected'];
const logger: Logger = {
  debug: () => undefined,
  info: (_, message) => {
    if (OPEN.includes(message)) console.log('ready');
  },
  warn: (fields, message) => console.log(`warn ${message} ${JSON.stringify(fields)}`),
  error: (fields, message) => console.log(`error ${message} ${JSON.stringify(fields)}`),
};

const { url, group, name: pid } = values;
const resonate = new Resonate({
  ...(values.network === 'websocket' ? { network: new WebSocketNetwork({ url, group, pid, logger }) } : { url, group }),
  pid,
  ttl: Number(values.ttl),
  logger,
});

const all = functions({ name: values.name, group: values.group, stuck: values.stuck, Constant });
for (const [name, implementation] of Object.entries(all)) {
  resonate.register(name, implementation);
}
