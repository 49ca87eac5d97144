/**
 * A worker over the WebSocket that dies, or freezes, at one point of the life of a step:
 *   node crashing-worker.ts --url http://127.0.0.1:8001 --group g --name a --ttl 2000 [--at "settle is sent"]
 * It runs the workflow `marks`, whose three steps return who ran them. The point is met in the second one.
 */
import { parseArgs } from 'node:util';
import { Resonate, type Context, type Logger, type Request } from '@resonatehq/sdk';
import { WebSocketNetwork } from '../../../clients/typescript/src/index.ts';
import type { CrashPoint } from './crash-points.ts';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: '' },
    group: { type: 'string', default: 'default' },
    name: { type: 'string', default: 'worker' },
    ttl: { type: 'string', default: '2000' },
    at: { type: 'string', default: 'never' },
  },
});
const { url, group, name: pid } = values;
const at = values.at as CrashPoint | 'never';
/** Longer than a create waits for its step. */
const LONG_STEP_MS = 100;

const die = () => process.kill(process.pid, 'SIGKILL');
const logger: Logger = {
  debug: () => undefined,
  info: (_, message) => console.log(message),
  warn: (fields, message) => console.log(`warn ${message} ${JSON.stringify(fields)}`),
  error: (fields, message) => console.log(`error ${message} ${JSON.stringify(fields)}`),
};

async function mark(_: Context, n: number): Promise<string> {
  console.log(`runs step ${n}`);
  if (n === 2) {
    if (at === 'the step begins') die();
    if (at === 'the step begins, frozen') process.kill(process.pid, 'SIGSTOP');
    if (at === 'the create is sent') setTimeout(die, LONG_STEP_MS);
    if (at === 'the create is sent') await new Promise(() => undefined);
  }
  return `${pid} ran ${n}`;
}

function* marks(context: Context): Generator<unknown, string[]> {
  const all: string[] = [];
  for (const n of [1, 2, 3]) all.push(yield* context.run(mark, n));
  return all;
}

const network = new WebSocketNetwork({ url, group, pid, logger });
const { send } = network;
network.send = (request) => {
  const isMet = settlesSecondStep(request);
  if (isMet && at === 'the step is done') die();
  const answer = send(request);
  // By then it is written to the socket.
  if (isMet && at === 'the settle is sent') setImmediate(die);
  if (isMet && at === 'the settle is answered') void answer.then(die);
  return answer;
};

const resonate = new Resonate({ network, pid, ttl: Number(values.ttl), logger });
resonate.register('marks', marks);

function settlesSecondStep(request: Request): boolean {
  if (request.kind !== 'task.fence' || request.data.action.kind !== 'promise.settle') return false;
  const { data = '' } = request.data.action.data.value as { data?: string };
  return Buffer.from(data, 'base64').toString('utf8').includes('ran 2');
}
