/**
 * A worker process of the SDK tests:
 *   node worker.ts --sdk 0.11.5 --url http://127.0.0.1:8001 --group g --name a --ttl 60000 [--stuck]
 * prints "ready" each time its stream to the server opens.
 */
import { parseArgs } from 'node:util';
import { functions } from './functions.ts';
import { loadSdk } from './sdk.ts';

const { values } = parseArgs({
  options: {
    sdk: { type: 'string', default: '0.11.5' },
    url: { type: 'string', default: 'http://localhost:8001' },
    group: { type: 'string', default: 'default' },
    name: { type: 'string', default: 'worker' },
    ttl: { type: 'string', default: '60000' },
    stuck: { type: 'boolean', default: false },
  },
});

const { Resonate, Constant } = await loadSdk(values.sdk);

const resonate = new Resonate({
  url: values.url,
  group: values.group,
  pid: values.name,
  ttl: Number(values.ttl),
  logger: {
    debug: () => undefined,
    // The SDK's only sign that the stream is open.
    info: (_, message) => {
      if (message === 'adapter connected' || message === 'adapter reconnected') console.log('ready');
    },
    warn: (fields, message) => console.log(`warn ${message} ${JSON.stringify(fields)}`),
    error: (fields, message) => console.log(`error ${message} ${JSON.stringify(fields)}`),
  },
});

const all = functions({ name: values.name, group: values.group, stuck: values.stuck, Constant });
for (const [name, implementation] of Object.entries(all)) {
  resonate.register(name, implementation);
}
