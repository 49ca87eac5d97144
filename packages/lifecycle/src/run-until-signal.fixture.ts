/** A process that a test sends signals to. Its argument selects the behaviour of its only service. */
import { setTimeout } from 'node:timers/promises';
import { createLogger } from '@resonate/observability';
import { runUntilSignal } from './run-until-signal.ts';
import type { Service } from './service.ts';

const behaviour = process.argv[2];
const never = new Promise<void>(() => {});

const service: Service = {
  name: 'fixture',
  start: async () => {
    if (behaviour === 'start-fails') throw new Error('no luck');
    setInterval(() => {}, 1000);
    console.log('started');
    if (behaviour === 'start-hangs') await never;
    if (behaviour === 'throws') setImmediate(() => void JSON.parse('{'));
    if (behaviour === 'rejects') void Promise.reject(new Error('nobody waits'));
  },
  stop: async () => {
    console.log('stopping');
    if (behaviour === 'stops-slowly') await setTimeout(300);
    if (behaviour === 'stop-hangs') await never;
    if (behaviour === 'stop-fails') throw new Error('stuck');
  },
};

await runUntilSignal(service, {
  shutdownTimeoutMs: Number(process.argv[3] ?? 10_000),
  logger: createLogger({ level: 'info' }),
});
