import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import type { PromiseRecord } from '@resonate/protocol';
import { startKafka, startSqs, TestPubSub, type TestKafka, type TestServer } from '@resonate/testkit';
import { ServerProcess } from '../processes/server-process.ts';
import { Spawned } from '../processes/spawned.ts';
import { until } from '../processes/until.ts';
import { call } from '../processes/wire.ts';

/** A server process with every broker, and the workers of examples/. */

const KAFKA_WORKER = fileURLToPath(new URL('../../examples/kafka-worker/main.ts', import.meta.url));
const SQS_WORKER = fileURLToPath(new URL('../../examples/sqs-worker/main.ts', import.meta.url));
const AWS = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 's3cret', AWS_REGION: 'eu-central-1' };
const TOPIC = 'projects/acme/topics/orders';

let kafka: TestKafka;
let sqs: TestServer;
let pubSub: TestPubSub;
let server: ServerProcess;

beforeAll(async () => {
  [kafka, sqs, pubSub] = await Promise.all([startKafka(), startSqs(['orders.fifo']), TestPubSub.start([TOPIC])]);
  await kafka.createTopic('orders');
  const flags = {
    'kafka-enabled': 'true',
    'kafka-brokers': kafka.broker,
    'sqs-enabled': 'true',
    'sqs-endpoint': sqs.url,
    'gcps-enabled': 'true',
  };
  server = await ServerProcess.start({
    command: 'dev',
    args: Object.entries(flags).flatMap(([name, value]) => [`--transports-${name}`, value]),
    env: { ...AWS, PUBSUB_EMULATOR_HOST: pubSub.host, METADATA_SERVER_DETECTION: 'none' },
  });
}, 240_000);
afterAll(async () => {
  await server?.dispose();
  await Promise.all([kafka?.stop(), sqs?.stop(), pubSub?.stop()]);
}, 60_000);

async function createTask(id: string, target: string, items: string[]): Promise<void> {
  const data = Buffer.from(JSON.stringify({ items })).toString('base64');
  const tags = { 'resonate:target': target };
  await call(server.url, 'promise.create', { id, timeoutAt: Date.now() + 600_000, param: { data }, tags });
}

/** State and value of a promise once it is settled. */
function outcome(id: string): Promise<[string, unknown]> {
  return until(`${id} is settled`, 60_000, async () => {
    const { promise } = (await call(server.url, 'promise.get', { id })) as { promise: PromiseRecord };
    if (promise.state === 'pending') return undefined;
    return [promise.state, JSON.parse(Buffer.from(promise.value.data ?? '', 'base64').toString('utf8'))];
  });
}

describe.each([
  ['Kafka', 'kafka://orders', KAFKA_WORKER, () => ({ KAFKA_BROKERS: kafka.broker })],
  ['SQS', 'sqs://orders.fifo', SQS_WORKER, () => ({ ...AWS, SQS_ENDPOINT: sqs.url, SQS_QUEUE: 'orders.fifo' })],
])('the example worker of %s', (name, target, script, env) => {
  test('completes tasks that waited for it and new tasks, with any outcome', async () => {
    await createTask(`${name}-early`, target, ['book', 'lamp']);
    const worker = new Spawned(process.execPath, [script], env());
    try {
      expect(await outcome(`${name}-early`)).toEqual(['resolved', { packed: 2 }]);
      await createTask(`${name}-late`, target, ['bicycle']);
      await createTask(`${name}-empty`, target, []);
      expect(await outcome(`${name}-late`)).toEqual(['resolved', { packed: 1 }]);
      expect(await outcome(`${name}-empty`)).toEqual(['rejected', 'Error: there is nothing to pack']);
      expect(await worker.terminate(60_000)).toEqual({ code: 0, signal: null });
    } finally {
      await worker.kill9();
    }
  }, 300_000);
});

test('a task for gcps:// is published to its topic', async () => {
  await createTask('published', 'gcps://acme/orders', ['book']);
  await until('one message is published', 30_000, () => pubSub.batches.length > 0);
  expect(pubSub.batches).toEqual([1]);
});
