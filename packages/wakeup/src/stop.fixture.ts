/** A process (`type url`) that only sends hints, until its standard input ends. It must then end by itself. */
import { createLogger } from '@resonate/observability';
import { createWakeup } from './create-wakeup.ts';

const [type, url] = process.argv.slice(2) as ['postgres' | 'redis', string];
const wakeup = createWakeup({ type, url, processId: 'fixture', logger: createLogger({ level: 'debug' }) });
await wakeup.start();
wakeup.publish({ timerAt: 1, deliveries: {} });
process.stdin.on('end', () => {
  wakeup.publish({ timerAt: 2, deliveries: {} });
  void wakeup.stop().then(() => console.log('stopped'));
});
process.stdin.resume();
