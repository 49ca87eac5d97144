import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PromiseRecord } from '@resonate/protocol';
import { FAR_FUTURE } from '../http/state.ts';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';
import { searchPromises } from '../processes/wire.ts';
import { encoded, startClient, within, type Client } from '../sdk/client.ts';
import { CURRENT_CLIENTS } from '../sdk/workers/sdk.ts';

const WITHIN_MS = 60_000;
const RETENTION = ['--retention-after', '1s', '--retention-interval', '100ms'];

let server: ServerProcess;
let http: HttpClient;

beforeAll(async () => {
  server = await ServerProcess.start({ args: RETENTION });
  http = new HttpClient(server.url);
});

afterAll(async () => {
  http?.close();
  await server?.dispose();
});

/** Resolves when retention has deleted the promise. */
async function deleted(id: string): Promise<void> {
  await until(`${id} is deleted`, WITHIN_MS, async () => (await http.rpc('promise.get', { id })).status === 404);
}

/** Resolves when retention has checked everything that had settled before this call. */
async function checkedSince(id: string): Promise<void> {
  await http.rpc('promise.create', { id, timeoutAt: FAR_FUTURE });
  await http.rpc('promise.settle', { id, state: 'resolved', value: {} });
  await deleted(id);
}

describe.each(CURRENT_CLIENTS)('the official SDK %s over %s', (sdk, network) => {
  let client: Client;

  beforeAll(async () => {
    client = await startClient({ sdk, network, url: server.url, workers: 'client' });
  });

  afterAll(() => client?.stop());

  test('a step with an id of its own runs once, although its workflow takes longer than the retention period', async () => {
    const workflow = `checkout-${network}`;
    const step = `charge-${network}`;
    let runs = 0;
    const charge = async () => ++runs;
    client.register('checkout', function* (context) {
      // The SDK accepts an id, but does not declare it.
      const charged: number = yield* context.run(charge, context.options({ id: step } as object));
      yield* yield* context.promise<string>({ tags: { approves: workflow } });
      return charged;
    });
    const result = client.run(workflow, 'checkout');
    const approval = await until('the workflow waits', WITHIN_MS, async () => {
      const [found] = await searchPromises(server.url, { approves: workflow }, 'pending');
      return found ?? false;
    });
    const { promise } = (await http.rpc('promise.get', { id: step })).data as { promise: PromiseRecord };
    expect(promise).toMatchObject({ state: 'resolved', tags: { 'resonate:origin': step, 'resonate:parent': step } });
    await checkedSince(`later-${network}`);
    await client.promises.resolve(approval.id, encoded('yes'));
    await expect(within(WITHIN_MS, 'the workflow', result)).resolves.toBe(1);
    expect(runs).toBe(1);
    await Promise.all([deleted(step), deleted(workflow)]);
  });
});
