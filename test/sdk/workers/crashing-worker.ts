/**
 * A worker that dies, or freezes, at one point of the life of a step:
 *   node crashing-worker.ts --url http://127.0.0.1:8001 --group g --name a [--network http] [--at "the settle is sent"] [--in 2]
 * It runs the workflow `marks`, whose steps return the name of their worker. It dies in the step that --in names.
 */
import { parseArgs } from 'node:util';
import {
  HttpNetwork,
  PollMessageSource,
  Resonate,
  type Context,
  type Logger,
  type Request,
  type Response,
} from '@resonatehq/sdk';
import { WebSocketNetwork } from '../../../clients/typescript/src/index.ts';
import type { CrashPoint } from './crash-points.ts';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: '' },
    group: { type: 'string', default: 'default' },
    name: { type: 'string', default: 'worker' },
    ttl: { type: 'string', default: '2000' },
    network: { type: 'string', default: 'websocket' },
    at: { type: 'string', default: 'never' },
    in: { type: 'string', default: '2' },
  },
});
const { url, group, name: pid } = values;
const at = values.at as CrashPoint | 'never';
const doomedStep = Number(values.in);
/** Longer than the client holds back the create of a step. */
const LONG_STEP_MS = 100;

const die = () => process.kill(process.pid, 'SIGKILL');
const logger: Logger = {
  debug: () => undefined,
  info: (_, message) => console.log(message),
  warn: (fields, message) => console.log(`warn ${message} ${JSON.stringify(fields)}`),
  error: (fields, message) => console.log(`error ${message} ${JSON.stringify(fields)}`),
};

/** @param bytes the number of bytes in the result besides the mark. */
async function mark(_: Context, n: number, bytes: number): Promise<string> {
  if (n === doomedStep + 1 && at === 'the next step begins') die();
  console.log(`runs step ${n}`);
  if (n === doomedStep) {
    if (at === 'the step begins') die();
    if (at === 'the step begins, frozen') process.kill(process.pid, 'SIGSTOP');
    if (at === 'the create is sent') setTimeout(die, LONG_STEP_MS);
    if (at === 'the create is sent') await new Promise(() => undefined);
  }
  console.log(`ends step ${n}`);
  return `${pid} ran ${n}`.padEnd(bytes);
}

function* marks(context: Context, steps = 3, bytes = 0): Generator<unknown, string[]> {
  const all: string[] = [];
  for (let n = 1; n <= steps; n++) all.push((yield* context.run(mark, n, bytes)).trimEnd());
  return all;
}

const network =
  values.network === 'http'
    ? new HttpNetwork({ url, logger, adapter: new PollMessageSource({ url: `${url}/poll/${group}/${pid}`, logger }) })
    : new WebSocketNetwork({ url, group, pid, logger });
const { send } = network;
network.send = (request) => {
  const isMet = settlesDoomedStep(request);
  if (isMet && at === 'the step is done') die();
  const answer = send(request);
  // Its bytes have been written to the socket by then.
  if (isMet && at === 'the settle is sent') setImmediate(die);
  if (isMet && at === 'the settle is answered') void answer.then(die);
  if (request.kind === 'task.acquire') void answer.then(tellPreload, () => undefined);
  return answer;
};

const resonate = new Resonate({ network, pid, ttl: Number(values.ttl), logger });
resonate.register('marks', marks);

function tellPreload({ data }: Response): void {
  const isPartial = typeof data === 'object' && 'preloadPartial' in data;
  console.log(`acquired with ${isPartial ? 'a part' : 'all'} of the branch`);
}

function settlesDoomedStep(request: Request): boolean {
  if (request.kind !== 'task.fence' || request.data.action.kind !== 'promise.settle') return false;
  const { data = '' } = request.data.action.data.value as { data?: string };
  return Buffer.from(data, 'base64').toString('utf8').includes(`ran ${doomedStep}`);
}
