import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { silentLogger } from '@resonate/observability';
import { freePort, startPostgres, startRedis, startTcpProxy, type TestServer } from '@resonate/testkit';
import { Redis } from 'ioredis';
import pg from 'pg';
import { Peer } from './peer.fixture.ts';
import { startFixture } from './stop-process.fixture.ts';
import { createWakeup } from './create-wakeup.ts';

const CHANNEL = 'resonate_wakeup';
/** Due long ago, so it is sent at once. */
const NOW = { timerAt: 1, deliveries: {} };

const isStillDown = ({ msg }: { msg: string }) => msg === 'wake-up channel is still down';

interface Kind {
  type: 'postgres' | 'redis';
  start(): Promise<TestServer>;
  /** Writes to the channel as anybody could. */
  write(url: string, texts: string[]): Promise<void>;
  /** Ends the connections that listen, and no others. */
  cutListeners(url: string): Promise<void>;
}

const KINDS: Kind[] = [
  {
    type: 'postgres',
    start: () => startPostgres(),
    write: (url, texts) =>
      withPostgres(url, async (client) => {
        for (const text of texts) await client.query('SELECT pg_notify($1, $2)', [CHANNEL, text]);
      }),
    cutListeners: (url) =>
      withPostgres(url, (client) =>
        client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"),
      ),
  },
  {
    type: 'redis',
    start: () => startRedis(),
    write: (url, texts) =>
      withRedis(url, async (client) => {
        for (const text of texts) await client.publish(CHANNEL, text);
      }),
    cutListeners: (url) => withRedis(url, (client) => client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')),
  },
];

async function withPostgres(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function withPort(serverUrl: string, port: number): string {
  const url = new URL(serverUrl);
  url.port = String(port);
  return url.href;
}

async function withRedis(url: string, work: (client: Redis) => Promise<unknown>): Promise<void> {
  const client = new Redis(url);
  await work(client).finally(() => client.disconnect());
}

describe.each(KINDS)('wake-ups over $type', ({ type, start, write, cutListeners }) => {
  let server: TestServer;
  let peers: Peer[] = [];
  beforeAll(async () => {
    server = await start();
  });
  afterEach(async () => {
    await Promise.all(peers.map((peer) => peer.wakeup.stop()));
    peers = [];
  });
  afterAll(() => server.stop());

  const createPeer = (processId: string, options: { url?: string; channel?: string } = {}): Peer => {
    const peer = new Peer({ type, url: server.url, processId, ...options });
    peers.push(peer);
    return peer;
  };
  const startPeers = (...processIds: string[]): Promise<Peer[]> =>
    Promise.all(processIds.map((processId) => createPeer(processId).started()));

  test('reach every other process, and never the one that sent them', async () => {
    const [a, b, c] = (await startPeers('a', 'b', 'c')) as [Peer, Peer, Peer];
    const hint = { timerAt: 12, deliveries: { poll: 34, http: 56 } };
    a.wakeup.publish(hint);
    await Promise.all([b, c].map((peer) => peer.until(() => peer.hints.length > 0)));
    b.wakeup.publish(NOW);
    // If the sender received its own messages, it would have received this one before.
    await Promise.all([a, c].map((peer) => peer.until(() => peer.hints.at(-1)?.timerAt === 1)));
    expect([a.hints, b.hints, c.hints]).toEqual([[NOW], [hint], [hint, NOW]]);
    expect(b.latencies.map((latency) => latency >= 0 && latency < 5000)).toEqual([true]);
  });

  test('of one turn of the event loop are sent as one message with the earliest times', async () => {
    const [a, b] = (await startPeers('a', 'b')) as [Peer, Peer];
    for (let at = 10_000; at > 0; at--) a.wakeup.publish({ timerAt: at, deliveries: { poll: at + 1 } });
    await Promise.all([a.until(() => a.published > 0), b.until(() => b.hints.length > 0)]);
    expect(b.hints).toEqual([{ timerAt: 1, deliveries: { poll: 2 } }]);
    expect(a.published).toBe(1);
  });

  test('list the targets that are due, each with its earliest time', async () => {
    const [a, b] = (await startPeers('a', 'b')) as [Peer, Peer];
    const told = (at: number, times: Record<string, number>) =>
      a.wakeup.publish({ timerAt: null, deliveries: { http: at }, targets: { http: times } });
    told(5, { 'http://one': 5, 'http://two': 9 });
    told(7, { 'http://two': 7 });
    await b.until(() => b.hints.length > 0);
    const targets = { http: { 'http://one': 5, 'http://two': 7 } };
    expect(b.hints).toEqual([{ timerAt: null, deliveries: { http: 5 }, targets }]);
  });

  test.each([
    ['one hint does not list its targets', [{}]],
    ['there are many targets', Array.from({ length: 200 }, (_, n) => ({ targets: { http: { [`http://${n}`]: 1 } } }))],
    [
      'one hint has many targets',
      [{ targets: { http: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`http://${n}`, 1])) } }],
    ],
    ['their names are long', [{ targets: { http: { [`http://${'x'.repeat(8_000)}`]: 1 } } }]],
  ])('do not list the targets if %s', async (_, hints) => {
    const [a, b] = (await startPeers('a', 'b')) as [Peer, Peer];
    a.wakeup.publish({ timerAt: null, deliveries: { http: 2 }, targets: { http: { 'http://one': 2 } } });
    for (const hint of hints) a.wakeup.publish({ timerAt: null, deliveries: { http: 1 }, ...hint });
    await b.until(() => b.hints.length > 0);
    expect(b.hints).toEqual([{ timerAt: null, deliveries: { http: 1 } }]);
  });

  test('of a busy process are sent as one message every few milliseconds', async () => {
    const [a, b] = (await startPeers('a', 'b')) as [Peer, Peer];
    const startedAt = performance.now();
    for (let at = 10_000; at > 0; at--) {
      a.wakeup.publish({ timerAt: at, deliveries: {} });
      if (at % 10 === 0) await turn();
    }
    await b.until(() => b.hints.at(-1)?.timerAt === 1);
    const tookMs = performance.now() - startedAt;
    // One every 5 ms. Inaccurate timers may cost one.
    expect(a.published).toBeLessThanOrEqual(tookMs / 4 + 2);
  });

  test('for a distant time arrive, too, together with hints for now', async () => {
    const [a, b] = (await startPeers('a', 'b')) as [Peer, Peer];
    const distant = { timerAt: Date.now() + 3_600_000, deliveries: {} };
    a.wakeup.publish(distant);
    await b.until(() => b.hints.length === 1);
    a.wakeup.publish(distant);
    a.wakeup.publish({ timerAt: null, deliveries: { poll: 1 } });
    await b.until(() => b.hints.length === 2);
    expect(b.hints).toEqual([distant, { ...distant, deliveries: { poll: 1 } }]);
  });

  test('that are empty are not sent', async () => {
    const [a, b] = (await startPeers('a', 'b')) as [Peer, Peer];
    a.wakeup.publish({ timerAt: null, deliveries: {} });
    a.wakeup.publish({ timerAt: NaN, deliveries: {} });
    a.wakeup.publish(NOW);
    await b.until(() => b.hints.length > 0);
    expect(b.hints).toEqual([NOW]);
    expect(a.dropped).toEqual(['invalid']);
  });

  test('stay within their channel', async () => {
    const [a, b] = (await startPeers('a', 'b')) as [Peer, Peer];
    const stranger = await createPeer('c', { channel: 'Other-cluster:1' }).started();
    stranger.wakeup.publish({ timerAt: 2, deliveries: {} });
    await stranger.until(() => stranger.published === 1);
    a.wakeup.publish(NOW);
    await b.until(() => b.hints.length > 0);
    expect([b.hints, stranger.hints]).toEqual([[NOW], []]);
  });

  test('are received even if there is garbage on the channel', async () => {
    const b = await createPeer('b').started();
    const garbage = [
      '',
      'hello',
      '{}',
      '[1]',
      '{"from":"a","sentAt":1,"timerAt":"soon","deliveries":{}}',
      'x'.repeat(7999),
    ];
    const real = JSON.stringify({ from: 'a', sentAt: Date.now() + 60_000, ...NOW });
    await write(server.url, [...garbage, real]);
    await b.until(() => b.hints.length > 0);
    expect(b.hints).toEqual([NOW]);
    expect(b.dropped).toEqual(garbage.map(() => 'garbage'));
    // A clock behind the sender's does not cause negative latencies.
    expect(b.latencies).toEqual([0]);
  });

  test('reach every subscribed listener, even if another one throws', async () => {
    const [a, b] = (await startPeers('a', 'b')) as [Peer, Peer];
    const heard: number[] = [];
    b.wakeup.onHint(() => {
      throw new Error('a bug');
    });
    const unsubscribe = b.wakeup.onHint(({ timerAt }) => void heard.push(timerAt!));
    a.wakeup.publish(NOW);
    await b.until(() => heard.length > 0);
    expect(b.log.at(-1)).toMatchObject({ level: 'error', error: { message: 'a bug' } });
    unsubscribe();
    a.wakeup.publish({ timerAt: 2, deliveries: {} });
    await b.until(() => b.hints.length === 2);
    await turn();
    expect(heard).toEqual([1]);
  });

  test('arrive again after the server was killed and restarted', async () => {
    const [a, b] = (await startPeers('a', 'b')) as [Peer, Peer];
    await server.killAll();
    await Promise.all([a.down(), b.down()]);
    for (let at = 1000; at > 0; at--) a.wakeup.publish({ timerAt: at, deliveries: {} });
    await a.until(() => a.log.filter(isStillDown).length >= 3);
    await server.restart();
    await Promise.all([a.until(() => a.connected), b.until(() => b.connected)]);
    b.wakeup.publish({ timerAt: 7, deliveries: {} });
    await a.until(() => a.hints.length > 0);
    a.wakeup.publish({ timerAt: 8, deliveries: {} });
    await b.until(() => b.hints.at(-1)?.timerAt === 8);
    // What was published meanwhile was sent in one message, if b was connected again in time to receive it.
    expect(b.hints.slice(0, -1)).toEqual(b.hints.length === 1 ? [] : [NOW]);
    const told = a.log.filter(({ level }) => level !== 'debug');
    expect(told.map(({ level, msg }) => `${level}: ${msg.split(':')[0]}`)).toEqual([
      'info: wake-up channel is up',
      'warn: wake-up channel is down',
      'info: wake-up channel is up again',
    ]);
  });

  test('arrive again after a connection was cut', async () => {
    const [a, b] = (await startPeers('a', 'b')) as [Peer, Peer];
    await cutListeners(server.url);
    await Promise.all([a, b].map((peer) => peer.until(() => peer.log.at(-1)?.msg === 'wake-up channel is up again')));
    a.wakeup.publish(NOW);
    await b.until(() => b.hints.length > 0);
    expect(b.hints).toEqual([NOW]);
  });

  test('arrive again over new connections when the old ones fall silent', async () => {
    const { hostname, port } = new URL(server.url);
    const proxy = await startTcpProxy(hostname, Number(port));
    const a = await createPeer('a', { url: withPort(server.url, proxy.port) }).started();
    const b = await createPeer('b').started();
    expect(proxy.links.size).toBe(2);
    const silent = new Set(proxy.links);
    proxy.rules = {
      toServer: (data, link) => void (silent.has(link) || link.sendToServer(data)),
      toClient: (data, link) => void (silent.has(link) || link.sendToClient(data)),
    };
    a.wakeup.publish(NOW);
    a.wakeup.publish({ timerAt: 0, deliveries: {} });
    await a.down();
    expect(a.log.at(-1)?.error?.message).toMatch('the probe of the wake-up channel took longer than');
    await a.until(() => a.connected);
    b.wakeup.publish({ timerAt: 5, deliveries: {} });
    await a.until(() => a.hints.length > 0);
    a.wakeup.publish({ timerAt: 6, deliveries: {} });
    await b.until(() => b.hints.at(-1)?.timerAt === 6);
    await a.wakeup.stop();
    await proxy.stop();
  });

  test('cost no memory while the server is frozen, and arrive again when it continues', async () => {
    const [a, b] = (await startPeers('a', 'b')) as [Peer, Peer];
    const frozen = server.pids();
    for (const pid of frozen) process.kill(pid, 'SIGSTOP');
    try {
      a.wakeup.publish({ timerAt: 300_000, deliveries: {} });
      await turn();
      const before = heapUsed();
      for (let at = 50_000; at > 0; at--) {
        a.wakeup.publish({ timerAt: at, deliveries: { poll: at } });
        if (at % 1000 === 0) await turn();
      }
      // If they were kept, they would take about 10 MB.
      expect(heapUsed() - before).toBeLessThan(2_000_000);
      await Promise.all([a.down(), b.down()]);
      // Connecting to a frozen server hangs, and that must be given up, too.
      await a.until(() => a.log.some(isStillDown));
    } finally {
      for (const pid of frozen) process.kill(pid, 'SIGCONT');
    }
    await Promise.all([a.until(() => a.connected), b.until(() => b.connected)]);
    a.wakeup.publish(NOW);
    await b.until(() => b.hints.some(({ timerAt }) => timerAt === 1));
    expect(a.published).toBeLessThanOrEqual(3);
    expect(a.log.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  test('that are published right before stopping are still sent', async () => {
    const [a, b] = (await startPeers('a', 'b')) as [Peer, Peer];
    a.wakeup.publish(NOW);
    await a.wakeup.stop();
    await b.until(() => b.hints.length > 0);
    expect(b.hints).toEqual([NOW]);
  });

  test('can be published before the start and after the end', async () => {
    const a = createPeer('a');
    a.wakeup.publish(NOW);
    const b = await createPeer('b').started();
    await a.started();
    await b.until(() => b.hints.length > 0);
    await Promise.all([a.wakeup.stop(), a.wakeup.stop()]);
    expect(a.connected).toBe(false);
    a.wakeup.publish({ timerAt: 2, deliveries: {} });
    await a.wakeup.stop();
    expect([a.published, b.hints]).toEqual([1, [NOW]]);
  });

  describe('do not keep a process alive after stop', () => {
    test('if the server works', async () => {
      const fixture = startFixture(type, server.url);
      await fixture.says('wake-up channel is up');
      expect(await fixture.end()).toEqual({ code: 0, last: 'stopped' });
    });

    test('if nothing listens on the port', async () => {
      const fixture = startFixture(type, withPort(server.url, await freePort()));
      await fixture.says('wake-up channel is down');
      expect(await fixture.end()).toEqual({ code: 0, last: 'stopped' });
    });

    test('if the server was killed', async () => {
      const fixture = startFixture(type, server.url);
      await fixture.says('wake-up channel is up');
      await server.killAll();
      await fixture.says('wake-up channel is down');
      expect(await fixture.end()).toEqual({ code: 0, last: 'stopped' });
      await server.restart();
    });

    test('if the server is frozen', async () => {
      const fixture = startFixture(type, server.url);
      await fixture.says('wake-up channel is up');
      const frozen = server.pids();
      for (const pid of frozen) process.kill(pid, 'SIGSTOP');
      try {
        expect(await fixture.end()).toEqual({ code: 0, last: 'stopped' });
      } finally {
        for (const pid of frozen) process.kill(pid, 'SIGCONT');
      }
    });
  });
});

describe('wake-ups', () => {
  test('of type none are not sent', async () => {
    const wakeup = createWakeup({ type: 'none', url: null, processId: 'a', logger: silentLogger });
    await wakeup.start();
    const heard: unknown[] = [];
    const unsubscribe = wakeup.onHint((hint) => heard.push(hint));
    wakeup.publish(NOW);
    unsubscribe();
    await wakeup.stop();
    expect(heard).toEqual([]);
  });

  test('need a valid URL and channel name', () => {
    const options = { type: 'redis', url: 'redis://127.0.0.1', processId: 'a', logger: silentLogger } as const;
    expect(() => createWakeup({ ...options, url: null })).toThrow('need a valid URL');
    expect(() => createWakeup({ ...options, url: 'localhost' })).toThrow('need a valid URL');
    for (const channel of ['', 'a b', 'x'.repeat(41), 'ü']) {
      expect(() => createWakeup({ ...options, channel })).toThrow('must match');
    }
  });
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
