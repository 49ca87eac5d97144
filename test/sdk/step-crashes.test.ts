import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { ServerProcess } from '../processes/server-process.ts';
import type { Spawned } from '../processes/spawned.ts';
import { until } from '../processes/until.ts';
import { call, searchPromises } from '../processes/wire.ts';
import { decoded, startClient, within, type Client } from './client.ts';
import { startCrashingWorker } from './crashing-worker-process.ts';
import { CRASH_POINTS, type CrashPoint } from './workers/crash-points.ts';

const GROUP = 'workers';
const DONE_WITHIN_MS = 60_000;

/** Steps whose start is stored together with their result (docs/decisions/one-trip-per-step.md). */
describe('a step over the WebSocket', () => {
  let server: ServerProcess;
  let client: Client;
  let workers: Spawned[];

  beforeEach(async () => {
    workers = [];
    // The message of a frozen worker is sent to another one after this time.
    server = await ServerProcess.start({ args: ['--tasks-retry-timeout', '3000'] });
    client = await startClient({ sdk: '0.11.5', network: 'websocket', url: server.url, workers: GROUP });
  });

  afterEach(async () => {
    await client?.stop();
    for (const worker of workers) await worker.kill9();
    await server?.dispose();
  });

  async function worker(name: string, at?: CrashPoint): Promise<Spawned> {
    const crash = at === undefined ? {} : { at };
    const started = await startCrashingWorker({ url: server.url, group: GROUP, name, network: 'websocket', ...crash });
    workers.push(started);
    return started;
  }

  /** The stored values of the steps in order, or the state if a step is not resolved. */
  async function stored(id: string): Promise<unknown[]> {
    const steps = await searchPromises(server.url, { 'resonate:parent': id, 'resonate:scope': 'local' });
    return steps
      .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
      .map(({ state, value }) => (state === 'resolved' ? decoded(value) : state));
  }

  test.each(CRASH_POINTS)(
    'is run again if its worker dies when %s and its result is not stored; other steps are not',
    async (point) => {
      const doomed = await worker('doomed', point);
      const result = client.rpc('wf', 'marks', client.options({ target: GROUP }));
      await until('the end of the worker', DONE_WITHIN_MS, () => !doomed.running);
      const before = await stored('wf');
      await worker('survivor');
      const marks = (await within(DONE_WITHIN_MS, 'the result', result)) as string[];
      // No result is lost and no step settles twice: the workflow has seen the stored results.
      expect(await stored('wf')).toEqual(marks);
      expect(marks).toEqual(['doomed ran 1', expect.stringMatching(/^(doomed|survivor) ran 2$/), 'survivor ran 3']);
      if (point === 'the next step begins') expect(before).toEqual(['doomed ran 1', 'doomed ran 2']);
      if (point === 'the create is sent') expect(before).toEqual(['doomed ran 1', 'pending']);
      if (point === 'the step begins') expect(before).toEqual(['doomed ran 1']);
      for (const [index, mark] of before.entries()) if (mark !== 'pending') expect(marks[index]).toBe(mark);
    },
    180_000,
  );

  test('whose promise was created outside of the workflow gets the result of that promise', async () => {
    const data = Buffer.from('"made outside"').toString('base64');
    await call(server.url, 'promise.create', { id: 'wf:0', timeoutAt: Date.now() + 3_600_000 });
    await call(server.url, 'promise.settle', { id: 'wf:0', state: 'resolved', value: { data } });
    await worker('only');
    const result = client.rpc('wf', 'marks', 1, client.options({ target: GROUP }));
    await expect(within(DONE_WITHIN_MS, 'the result', result)).resolves.toEqual(['made outside']);
  }, 180_000);

  test('whose worker was frozen until its lease expired is refused, and the worker continues with other work', async () => {
    const frozen = await worker('frozen', 'the step begins, frozen');
    const result = client.rpc('wf', 'marks', client.options({ target: GROUP }));
    // A SIGCONT before SIGSTOP has stopped the worker would have no effect.
    await until('the worker is frozen', DONE_WITHIN_MS, () => isFrozen(frozen));
    const other = await worker('other');
    const marks = await within(DONE_WITHIN_MS, 'the result', result);
    expect(marks).toEqual(['frozen ran 1', 'other ran 2', 'other ran 3']);
    process.kill(frozen.pid, 'SIGCONT');
    await frozen.line('the refusal', (line) => line.includes('onMessage failed'), DONE_WITHIN_MS);
    expect(frozen.output(50)).not.toContain('runs step 3');
    expect(await stored('wf')).toEqual(marks);
    await other.kill9();
    const next = client.rpc('next', 'marks', client.options({ target: GROUP }));
    let marksOfNext: unknown;
    void next.then((result) => (marksOfNext = result));
    // It freezes in each second step. If its lease has expired meanwhile, it runs the step again.
    await until('the next result', DONE_WITHIN_MS, () => {
      if (isFrozen(frozen)) process.kill(frozen.pid, 'SIGCONT');
      return marksOfNext !== undefined;
    });
    expect(marksOfNext).toEqual(['frozen ran 1', 'frozen ran 2', 'frozen ran 3']);
  }, 240_000);
});

function isFrozen({ pid }: Spawned): boolean {
  return /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}
