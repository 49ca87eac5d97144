import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Gauge } from 'prom-client';
import { createMetrics, silentLogger } from '@resonate/observability';
import { MetricsServer, type ReadyCheck } from './metrics-server.ts';

const metrics = () => createMetrics({ role: 'all', version: '1.2.3' });

describe('the metrics', () => {
  test('have the names that existing dashboards query', async () => {
    const all = metrics();
    all.countRequest('promise.create', 200, 0.003);
    all.messages.inc({ kind: 'execute' });
    all.deliveries.inc({ status: 'success' });
    all.schedulePromises.inc();
    const text = await all.registry.metrics();
    expect(text).toContain('resonate_request_total{kind="promise.create",status="200"} 1');
    expect(text).toContain('resonate_request_duration_seconds_bucket{le="0.005",kind="promise.create"} 1');
    expect(text).toContain('resonate_request_duration_seconds_bucket{le="0.0025",kind="promise.create"} 0');
    expect(text).toContain('resonate_messages_total{kind="execute"} 1');
    expect(text).toContain('resonate_deliveries_total{status="success"} 1');
    expect(text).toContain('resonate_schedule_promises_total 1');
  });

  test('show the version and role of the process, and the metrics of Node', async () => {
    const text = await metrics().registry.metrics();
    expect(text).toContain(`resonate_build_info{version="1.2.3",role="all",node="${process.version}"} 1`);
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
  });

  test('do not grow with unknown kinds of requests', async () => {
    const all = metrics();
    for (let n = 0; n < 1000; n++) all.countRequest(`made.up-${n}`, 400, 0.001);
    const text = await all.registry.metrics();
    expect(text).toContain('resonate_request_total{kind="unknown",status="400"} 1000');
    expect(text).not.toContain('made.up');
  });

  test('show only the busiest targets by name, and the sum of the others', async () => {
    const all = metrics();
    const inFlight = all.inFlight('http');
    for (let n = 0; n < 1000; n++) inFlight.begin(`http://idle-${n}`);
    for (let n = 0; n < 5; n++) inFlight.begin(`http://${'busy'.repeat(100)}`);
    inFlight.begin('http://done');
    inFlight.end('http://done');
    const { values } = await (all.registry.getSingleMetric('resonate_deliveries_in_flight') as Gauge).get();
    expect(values).toHaveLength(11);
    expect(values.reduce((sum, { value }) => sum + value, 0)).toBe(1005);
    const named = values.map(({ labels, value }) => [String(labels['target']), value] as const);
    expect(named.find(([target]) => target.includes('busy'))?.[1]).toBe(5);
    expect(Math.max(...named.map(([target]) => target.length))).toBeLessThan(110);
    expect(named.find(([target]) => target === '(all others)')?.[1]).toBe(991);
  });

  test('count targets of single connections under their group, because their ids are random', async () => {
    const all = metrics();
    const poll = all.inFlight('poll');
    const http = all.inFlight('http');
    for (let n = 0; n < 20; n++) poll.begin(`workers/${n}`);
    poll.begin('workers');
    poll.begin('others');
    http.begin('http://worker/1');
    const targets = [
      { target: 'workers/1', count: 3, ageSeconds: 9 },
      { target: 'workers/2', count: 1, ageSeconds: 7 },
    ];
    all.showBacklog(new Map([['poll', { count: 5, ageSeconds: 9, targets }]]));
    const text = await all.registry.metrics();
    expect(text).not.toContain('workers/');
    expect(text).toContain('resonate_deliveries_in_flight{transport="poll",target="workers"} 21');
    expect(text).toContain('resonate_deliveries_in_flight{transport="poll",target="others"} 1');
    expect(text).toContain('resonate_deliveries_in_flight{transport="poll",target="(all others)"} 0');
    expect(text).toContain('resonate_deliveries_in_flight{transport="http",target="http://worker/1"} 1');
    expect(text).toContain('resonate_target_backlog_messages{transport="poll",target="workers"} 4');
    expect(text).toContain('resonate_target_backlog_age_seconds{transport="poll",target="workers"} 9');
  });

  test('show the rest of a backlog as other targets, and nothing if the backlog is unknown', async () => {
    const all = metrics();
    const targets = [{ target: 'a', count: 3, ageSeconds: 9 }];
    all.showBacklog(new Map([['poll', { count: 5, ageSeconds: 9, targets }]]));
    const text = await all.registry.metrics();
    expect(text).toContain('resonate_backlog_messages{transport="poll"} 5');
    expect(text).toContain('resonate_backlog_age_seconds{transport="poll"} 9');
    expect(text).toContain('resonate_target_backlog_messages{transport="poll",target="a"} 3');
    expect(text).toContain('resonate_target_backlog_messages{transport="poll",target="(all others)"} 2');
    all.showBacklog(new Map());
    expect(await all.registry.metrics()).not.toContain('backlog_messages{');
  });

  test('of two processes in one test are separate', async () => {
    const [one, two] = [metrics(), metrics()];
    one.schedulePromises.inc(5);
    expect(await two.registry.metrics()).toContain('resonate_schedule_promises_total 0');
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('the metrics endpoint', () => {
  const started: MetricsServer[] = [];
  afterEach(async () => {
    for (const server of started.splice(0)) await server.stop();
  });

  async function serve(port: number, ready: ReadyCheck = () => Promise.resolve({})) {
    const { registry } = metrics();
    const server = new MetricsServer({ registry, port, bind: '127.0.0.1', ready, logger: silentLogger });
    started.push(server);
    await server.start();
    return server;
  }

  test('serves the metrics and nothing else', async () => {
    const port = await freePort();
    await serve(port);
    const answer = await fetch(`http://127.0.0.1:${port}/metrics?x=1`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await answer.text()).toContain('resonate_build_info');
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' })).status).toBe(405);
  });

  test('refuses a request with two hosts', async () => {
    const port = await freePort();
    await serve(port);
    const client = connect(port, '127.0.0.1').setEncoding('utf8');
    client.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
    const [answer] = (await once(client, 'data')) as [string];
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    client.destroy();
  });

  test.each<[string, ReadyCheck, number, unknown]>([
    ['all is well', () => Promise.resolve({ store: true }), 200, { ready: true, checks: { store: true } }],
    [
      'the store is away',
      () => Promise.resolve({ store: false, leader: true }),
      503,
      { ready: false, checks: { store: false, leader: true } },
    ],
    ['the check fails', () => Promise.reject(new Error('x')), 503, { ready: false, checks: { answered: false } }],
  ])('says whether it is ready when %s, and always that it lives', async (_, ready, status, body) => {
    const port = await freePort();
    await serve(port, ready);
    const answer = await fetch(`http://127.0.0.1:${port}/ready`);
    expect([answer.status, await answer.json()]).toEqual([status, body]);
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
  });

  test('is not ready if the check does not answer', async () => {
    const port = await freePort();
    await serve(port, () => new Promise(() => {}));
    expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).toBe(503);
  });

  test('is off on port 0', async () => {
    const listening = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
    const before = listening();
    await serve(0);
    expect(listening()).toBe(before);
  });

  test('names the option if its port is in use', async () => {
    const port = await freePort();
    await serve(port);
    await expect(serve(port)).rejects.toThrow(
      `127.0.0.1:${port} (observability.metrics_port, 0: off): listen EADDRINUSE`,
    );
  });

  test('stops even if a client keeps its connection open; a second stop is harmless', async () => {
    const port = await freePort();
    const server = await serve(port);
    const client = connect(port, '127.0.0.1');
    await once(client, 'connect');
    const closed = once(client, 'close');
    await Promise.all([server.stop(), server.stop()]);
    await closed;
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
  });
});
