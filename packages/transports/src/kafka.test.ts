import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Consumer, MessagesStreamModes, stringDeserializers } from '@platformatic/kafka';
import { executeMessage, unblockMessage, type PromiseRecord } from '@resonate/protocol';
import { CertificateAuthority, startKafka, type TestKafka } from '@resonate/testkit';
import { Kafka, type KafkaLogin, type KafkaOptions } from './kafka.ts';
import { to } from './outgoing.fixture.ts';

const USER = { username: 'resonate', password: 's3cret-password' };

let authority: CertificateAuthority;
let kafka: TestKafka;
const transports: Kafka[] = [];

beforeAll(async () => {
  authority = new CertificateAuthority();
  kafka = await startKafka({ secure: { certificate: authority.issue('DNS:localhost'), ...USER } });
  await kafka.createTopic('orders', 3);
}, 60_000);
afterAll(async () => {
  await kafka.stop();
  authority.dispose();
});
afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
});

function connect(options: Partial<KafkaOptions> = {}): Kafka {
  const clusters = new Map([['main', [kafka.broker]]]);
  const usual = { brokers: [kafka.broker], clusters, tls: false, caFile: null, sasl: null, timeoutMs: 10_000 };
  const transport = new Kafka({ ...usual, ...options });
  transports.push(transport);
  return transport;
}

function execute(id: string, address = 'kafka://orders') {
  return to(address, executeMessage('http://localhost:8001', id, 1));
}

/** The matching records of a topic from its beginning, with keys and headers, as many as requested. */
async function read(topic: string, count: number, fits: (key: string) => boolean) {
  const consumer = new Consumer({
    groupId: `test-${topic}-${Math.random()}`,
    clientId: 'test',
    bootstrapBrokers: [kafka.broker],
    deserializers: stringDeserializers,
  });
  const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, autocommit: true });
  const found: { key: string; value: string; headers: Record<string, string>; partition: number }[] = [];
  for await (const { key, value, headers, partition } of stream) {
    if (fits(key)) found.push({ key, value, headers: Object.fromEntries(headers), partition });
    if (found.length === count) break;
  }
  await consumer.close(true);
  return found;
}

describe('a record', () => {
  test('is the message as JSON, keyed by the promise, with its kind as a header', async () => {
    const promise: PromiseRecord = {
      id: 'order-1',
      state: 'resolved',
      param: {},
      value: { data: 'eA==' },
      tags: {},
      timeoutAt: 2,
      createdAt: 1,
      settledAt: 1,
    };
    const unblock = unblockMessage(promise);
    const transport = connect();
    await transport.push(execute('order-1'));
    await transport.push(to('kafka://main/orders', unblock));
    const [first, second] = await read('orders', 2, (key) => key === 'order-1');
    expect(first).toMatchObject({ value: execute('order-1').body, headers: { kind: 'execute' } });
    expect(second).toMatchObject({ value: JSON.stringify(unblock), headers: { kind: 'unblock' } });
    // One key means one partition, so they stay in order.
    expect(second?.partition).toBe(first?.partition);
  });

  test('is written for each of many concurrent pushes, over all partitions', async () => {
    const transport = connect();
    const ids = Array.from({ length: 300 }, (_, n) => `many-${n}`);
    await Promise.all(ids.map((id) => transport.push(execute(id))));
    const found = await read('orders', ids.length, (key) => key.startsWith('many-'));
    expect(found.map(({ key }) => key).sort()).toEqual(ids.sort());
    expect(new Set(found.map(({ partition }) => partition)).size).toBe(3);
  });
});

describe('a push fails and says why', () => {
  test('if the topic does not exist, while pushes to other topics succeed', async () => {
    const transport = connect();
    const [lost, fine] = await Promise.allSettled([
      transport.push(execute('w', 'kafka://nowhere')),
      transport.push(execute('w')),
    ]);
    expect(lost).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('nowhere') } });
    expect(fine.status).toBe('fulfilled');
  });

  test('if the cluster is not configured', async () => {
    await expect(connect().push(execute('w', 'kafka://other/orders'))).rejects.toThrow('no Kafka cluster other');
  });

  test('within the timeout if no broker is reachable', async () => {
    const transport = connect({ brokers: ['127.0.0.1:1'], timeoutMs: 2_000 });
    await expect(transport.push(execute('w'))).rejects.toThrow(/ECONNREFUSED|did not answer within 2000 ms/);
  });
});

describe('a broker with TLS and a login', () => {
  const secure = (login: Partial<KafkaLogin>, caFile: string | null = authority.file) => {
    const sasl: KafkaLogin = { mechanism: 'plain', ...USER, ...login };
    return connect({ brokers: [kafka.secureBroker], tls: true, caFile, sasl });
  };

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('accepts a login by %s', async (mechanism) => {
    await secure({ mechanism }).push(execute(`by-${mechanism}`));
    expect(await read('orders', 1, (key) => key === `by-${mechanism}`)).toHaveLength(1);
  });

  test.each(['plain', 'scram-sha-512'] as const)(
    'refuses a wrong password by %s, and the error does not show it',
    async (mechanism) => {
      const password = 'wr0ng-password';
      const error = await secure({ mechanism, password })
        .push(execute('w'))
        .catch((caught: unknown) => caught);
      expect(String(error)).toMatch(/auth/i);
      expect(String(error)).not.toMatch(password);
    },
  );

  test('is refused if its authority is unknown', async () => {
    await expect(secure({}, null).push(execute('w'))).rejects.toThrow(/certificate/i);
  });
});

test('a broker that returns after a power cut accepts the message that it refused before', async () => {
  const transport = connect({ timeoutMs: 3_000 });
  await transport.push(execute('before'));
  await kafka.killAll();
  await expect(transport.push(execute('meanwhile'))).rejects.toThrow();
  await kafka.restart();
  for (;;) {
    const failure = await transport.push(execute('after')).catch((error: unknown) => error);
    if (failure === undefined) break;
  }
}, 60_000);

test('a broker that breaks the connection during the login fails the push, and nothing else', async () => {
  const broker = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.resetAndDestroy());
  }).listen(0, '127.0.0.1');
  await once(broker, 'listening');
  const { port } = broker.address() as AddressInfo;
  const sasl: KafkaLogin = { mechanism: 'plain', ...USER };
  // An error event without a listener would end this process.
  await expect(connect({ brokers: [`127.0.0.1:${port}`], sasl }).push(execute('reset'))).rejects.toThrow();
  broker.close();
});

test.each([
  ['at once', [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]],
  ['in the second of several parts', [Buffer.from('HT'), Buffer.from('TP')]],
])('a server that does not answer as Kafka does is not read further: the length is too large %s', async (_, parts) => {
  const closed = Promise.withResolvers<void>();
  const broker = createServer((socket) => {
    socket.on('error', () => {}).once('close', () => closed.resolve());
    socket.setNoDelay(true);
    socket.once('data', () => parts.forEach((part) => setImmediate(() => socket.write(part))));
  }).listen(0, '127.0.0.1');
  await once(broker, 'listening');
  const { port } = broker.address() as AddressInfo;
  await expect(connect({ brokers: [`127.0.0.1:${port}`] }).push(execute('foreign'))).rejects.toThrow(
    'is not from Kafka',
  );
  await closed.promise;
  broker.close();
});
