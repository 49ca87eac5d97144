import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PubSub as GoogleClient, type Message as Received, type Subscription } from '@google-cloud/pubsub';
import { executeMessage } from '@resonate/protocol';
import { TestPubSub, until } from '@resonate/testkit';
import { to } from './outgoing.fixture.ts';
import { PubSub } from './pub-sub.ts';

const TOPIC = 'projects/acme/topics/orders';
const ADDRESS = 'gcps://acme/orders';

let server: TestPubSub;
let receiver: GoogleClient;
let subscription: Subscription;
let transport: PubSub;
const received: Received[] = [];
const before = { ...process.env };

beforeAll(async () => {
  server = await TestPubSub.start([TOPIC]);
  process.env['PUBSUB_EMULATOR_HOST'] = server.host;
  // Google's client looks for a metadata server anyway, and warns about each one that it does not find.
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  receiver = new GoogleClient({ projectId: 'acme' });
  [subscription] = await receiver.topic(TOPIC).createSubscription('workers');
  subscription.on('message', (message: Received) => {
    received.push(message);
    message.ack();
  });
});
afterAll(async () => {
  process.env = before;
  await subscription.close();
  await receiver.close();
  await server.stop();
});

beforeEach(() => {
  received.length = 0;
  server.batches.length = 0;
  server.mute = false;
  transport = new PubSub({ project: null, timeoutMs: 5_000 });
});
afterEach(() => transport.close());

async function arrivals(count: number): Promise<void> {
  await until(`${count} messages`, 10_000, () => received.length >= count, 5);
}

function outgoing(id: string, address = ADDRESS) {
  return to(address, executeMessage('http://localhost:8001', id, 1));
}

describe('a publish', () => {
  test('is the message as JSON, without attributes', async () => {
    await transport.push(outgoing('w'));
    await arrivals(1);
    const [message] = received;
    expect(message?.data.toString()).toBe(outgoing('w').body);
    expect(message?.attributes).toEqual({});
  });

  test('is sent together with concurrent pushes', async () => {
    await Promise.all(Array.from({ length: 250 }, (_, n) => transport.push(outgoing(`w${n}`))));
    await arrivals(250);
    expect(server.batches.reduce((sum, size) => sum + size)).toBe(250);
    expect(server.batches.length).toBeLessThan(10);
    expect(Math.max(...server.batches)).toBe(100);
  });

  test('to a topic that does not exist fails with that reason', async () => {
    await expect(transport.push(outgoing('w', 'gcps://acme/nowhere'))).rejects.toThrow(
      /NOT_FOUND.*projects\/acme\/topics\/nowhere/,
    );
  });

  test('that gets no answer fails after the timeout', async () => {
    server.mute = true;
    const impatient = new PubSub({ project: null, timeoutMs: 200 });
    await expect(impatient.push(outgoing('muted'))).rejects.toThrow('did not answer within 200 ms');
    await impatient.close();
  });

  test('fails while the server is down, and succeeds when it is back', async () => {
    await transport.push(outgoing('before'));
    await server.stop();
    await expect(transport.push(outgoing('meanwhile'))).rejects.toThrow(/UNAVAILABLE|CANCELLED|did not answer/);
    await server.restart();
    await retried(() => transport.push(outgoing('after')));
    // Messages that were received and not acknowledged when the connection broke are received again.
    const idOf = ({ data }: { data: Buffer }) =>
      (JSON.parse(data.toString()) as { data: { task: { id: string } } }).data.task.id;
    const ids = () => new Set(received.map(idOf));
    while (!ids().has('after')) await arrivals(received.length + 1);
    expect([...ids()].sort()).toEqual(['after', 'before']);
  });
});

test('closing ends running pushes', async () => {
  server.mute = true;
  const hanging = expect(transport.push(outgoing('w'))).rejects.toThrow('shutting down');
  await transport.close();
  await hanging;
});

/** A channel takes a moment to notice that its server is back. */
async function retried(attempt: () => Promise<void>): Promise<void> {
  await until('the push succeeds', 20_000, () => attempt().then(() => true), 50);
}
