import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message as Received,
} from '@aws-sdk/client-sqs';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { executeMessage, unblockMessage, type Message, type PromiseRecord } from '@resonate/protocol';
import { startSqs, type TestServer } from '@resonate/testkit';
import { to } from './outgoing.fixture.ts';
import { Sqs, type SqsOptions } from './sqs.ts';

const before = { ...process.env };
const PROMISE: PromiseRecord = {
  id: 'order 1',
  state: 'resolved',
  param: {},
  value: { data: 'eA==' },
  tags: {},
  timeoutAt: 2,
  createdAt: 1,
  settledAt: 1,
};

let server: TestServer;
let receiver: SQSClient;
const transports: Sqs[] = [];

beforeAll(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'key';
  process.env['AWS_SECRET_ACCESS_KEY'] = 's3cret';
  server = await startSqs(['orders', 'orders.fifo', 'others']);
  receiver = new SQSClient({ region: 'eu-central-1', endpoint: server.url });
}, 60_000);
afterAll(async () => {
  process.env = before;
  receiver.destroy();
  await server.stop();
});
afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
});

function connect(options: Partial<SqsOptions> = {}): Sqs {
  const transport = new Sqs({ region: null, endpoint: server.url, timeoutMs: 10_000, ...options });
  transports.push(transport);
  return transport;
}

/** Takes all messages out of a queue. Waits for the first one. */
async function receive(queue: string): Promise<Received[]> {
  const { QueueUrl } = await receiver.send(new GetQueueUrlCommand({ QueueName: queue }));
  const { Messages = [] } = await receiver.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 5,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    }),
  );
  for (const { ReceiptHandle } of Messages) await receiver.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  return Messages;
}

describe('a message', () => {
  test('is the JSON, with its kind as an attribute', async () => {
    const outgoing = to('sqs://orders', unblockMessage(PROMISE));
    await connect().push(outgoing);
    expect(await receive('orders')).toMatchObject([
      { Body: outgoing.body, MessageAttributes: { kind: { StringValue: 'unblock', DataType: 'String' } } },
    ]);
  });

  test.each([
    ['region and name', () => 'sqs://eu-west-2/others'],
    ["the queue's URL", () => `sqs://${new URL(server.url).host}/000000000000/others`],
  ])('goes to a queue by %s', async (_how, address) => {
    await connect().push(to(address()));
    expect(await receive('others')).toHaveLength(1);
  });
});

describe('in a FIFO queue', () => {
  test('the group is the promise, and messages for the same task version have the same deduplication id', async () => {
    const transport = connect();
    const execute = (id: string, version: number) =>
      transport.push(to('sqs://orders.fifo', executeMessage('http://localhost:8001', id, version)));
    await execute('order-1', 1);
    await execute('order-1', 1);
    await execute('order-2', 1);
    const first = await receive('orders.fifo');
    expect(first.map(({ Attributes }) => Attributes?.MessageGroupId).sort()).toEqual(['order-1', 'order-2']);
    await execute('order-1', 2);
    await transport.push(to('sqs://orders.fifo', unblockMessage(PROMISE)));
    const second = await receive('orders.fifo');
    expect(second.map(({ Body }) => (JSON.parse(Body ?? '') as Message).kind).sort()).toEqual(['execute', 'unblock']);
    // SQS does not allow the group id "order 1".
    expect(second.map(({ Attributes }) => Attributes?.MessageGroupId)).toContainEqual(
      expect.stringMatching(/^[0-9a-f]{64}$/),
    );
  });
});

describe('a push fails and says why', () => {
  test('if the queue does not exist', async () => {
    await expect(connect().push(to('sqs://nowhere'))).rejects.toThrow(/does not exist|NonExistentQueue/i);
  });

  test('if the host of the URL is neither AWS nor configured; it gets no request', async () => {
    await expect(connect().push(to('sqs://127.0.0.1:1/123/orders'))).rejects.toThrow('neither a host of AWS SQS');
    await expect(connect({ endpoint: null }).push(to('sqs://evil.example/123/orders'))).rejects.toThrow(
      'neither a host of AWS SQS',
    );
  });

  test('if nothing listens on the port', async () => {
    await expect(connect({ endpoint: 'http://127.0.0.1:1' }).push(to('sqs://orders'))).rejects.toThrow('ECONNREFUSED');
  });

  test('if there is no answer in time', async () => {
    const mute = createServer(() => {}).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const endpoint = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    await expect(connect({ endpoint, timeoutMs: 200 }).push(to('sqs://orders'))).rejects.toThrow(/200 ms|time/i);
    mute.closeAllConnections();
    mute.close();
  });

  test('if the transport closes', async () => {
    const mute = createServer(() => {}).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const transport = connect({ endpoint: `http://127.0.0.1:${(mute.address() as AddressInfo).port}` });
    const hanging = expect(transport.push(to('sqs://orders'))).rejects.toThrow('shutting down');
    await once(mute, 'request');
    await transport.close();
    await hanging;
    mute.closeAllConnections();
    mute.close();
  });
});

describe('a server that answers as SQS does', () => {
  let fake: Server;
  let handle: RequestListener;

  beforeEach(async () => {
    fake = createServer((request, response) => handle(request, response)).listen(0, '127.0.0.1');
    await once(fake, 'listening');
  });
  afterEach(() => {
    fake.closeAllConnections();
    fake.close();
  });

  function endpoint(): string {
    return `http://127.0.0.1:${(fake.address() as AddressInfo).port}`;
  }

  function json(response: ServerResponse, answer: unknown): void {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer));
  }

  test('a send is not ended when 50 other regions are used meanwhile; its client is destroyed afterwards', async () => {
    const held: ServerResponse[] = [];
    const { promise: isHeld, resolve: hold } = Promise.withResolvers<void>();
    handle = (request, response) => {
      request.resume();
      if (!request.headers.authorization?.includes('/eu-north-0/')) return void response.writeHead(400).end('{}');
      held.push(response);
      hold();
    };
    const transport = connect({ endpoint: endpoint() });
    const outgoing = to('sqs://eu-north-0/orders');
    const url = `${endpoint()}/1/orders`;
    const first = transport.push(outgoing);
    await isHeld;
    const others = Array.from({ length: 50 }, (_, index) => transport.push(to(`sqs://eu-north-${index + 1}/orders`)));
    await Promise.allSettled(others);
    const closed = once(held[0]!.socket!, 'close');
    handle = (request, response) => {
      request.resume();
      const md5 = createHash('md5').update(outgoing.body).digest('hex');
      json(response, { MessageId: '1', MD5OfMessageBody: md5 });
    };
    json(held[0]!, { QueueUrl: url });
    await expect(first).resolves.toBeUndefined();
    await closed;
  });

  test('is not read further once its answer is too long', async () => {
    handle = (request, response) => {
      request.resume();
      const block = Buffer.alloc(64 * 1024, ' ');
      const more = () => {
        while (!response.destroyed && response.write(block));
      };
      response.on('drain', more);
      more();
    };
    await expect(connect({ endpoint: endpoint() }).push(to('sqs://orders'))).rejects.toThrow('is not from SQS');
  });
});
