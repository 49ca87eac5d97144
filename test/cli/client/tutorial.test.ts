import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { ServerProcess } from '../../processes/server-process.ts';
import { Spawned } from '../../processes/spawned.ts';
import { resonateFor, type Resonate } from './resonate.ts';

/** Runs the steps of docs/tutorial.md with its worker. */
const WORKER = fileURLToPath(new URL('../../../examples/order/worker.ts', import.meta.url));
const SMALL = ['order-1', '-f', 'order', '--arg', '["book","lamp"]', '--arg', '40'];
const LARGE = ['order-2', '-f', 'order', '--arg', '["bicycle"]', '--arg', '250'];
const PRINTED_WITHIN_MS = 60_000;
jest.setTimeout(180_000);

let server: ServerProcess;
let resonate: Resonate;
let worker: Spawned;

async function startWorker(): Promise<void> {
  worker = new Spawned(process.execPath, [WORKER], { RESONATE_URL: server.url });
  await prints('ready');
}

function prints(text: string): Promise<string> {
  return worker.line(text, (line) => line.startsWith(text), PRINTED_WITHIN_MS);
}

beforeAll(async () => {
  server = await ServerProcess.start();
  resonate = resonateFor(server.url);
  await startWorker();
});

afterAll(async () => {
  await worker?.kill9();
  await server?.dispose();
});

test('an order whose worker crashes resumes in the step that was interrupted', async () => {
  const result = resonate.run('invoke', ...SMALL, '--wait');
  await prints('packing lamp');
  await worker.kill9();
  await startWorker();
  expect((await result).stdout).toBe('shipped: book, lamp\n');
  expect(worker.output().split('\n')).toEqual(['ready', 'packing lamp ...']);
});

test('a large order waits until a person approves it', async () => {
  const result = resonate.run('invoke', ...LARGE, '--wait');
  expect(await prints('please approve 250 EUR')).toBe('please approve 250 EUR: order-2:0');
  await resonate.json('promises', 'resolve', 'order-2:0', '--data', 'true');
  expect((await result).stdout).toBe('shipped: bicycle\n');
});

test('the schedule of the report exists, and a trigger runs the report', async () => {
  const { schedule } = await resonate.json<{ schedule: object }>('schedules', 'trigger', 'daily-report');
  expect(schedule).toMatchObject({ cron: '0 8 * * MON-FRI' });
  await prints('the daily report');
});
