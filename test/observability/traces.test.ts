import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PROTOCOL_VERSION } from '@resonate/protocol';
import { EventStream } from '../processes/event-stream.ts';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';
import { attribute, Collector, type ReceivedSpan } from './collector.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const FIXTURE = fileURLToPath(new URL('imports.fixture.ts', import.meta.url));
const WITH_HOOK = { NODE_OPTIONS: `--import ${FIXTURE}` };
const FAR = Date.now() + 3_600_000;

interface Answer {
  head: { status: number };
  data: { promise?: { param: { headers?: Record<string, string> } } };
}

async function send(url: string, kind: string, data: object, head: object = {}, headers = {}): Promise<Answer> {
  const client = new HttpClient(url);
  const body = JSON.stringify({ kind, head: { corrId: 'c1', version: PROTOCOL_VERSION, ...head }, data });
  const answer = await client.send({ method: 'POST', body, headers });
  client.close();
  return JSON.parse(answer.body) as Answer;
}

const createOn = (id: string, target: string) => ({ id, timeoutAt: FAR, tags: { 'resonate:target': target } });

describe('a server with a collector', () => {
  let collector: Collector;
  let server: ServerProcess;

  beforeAll(async () => {
    collector = await Collector.start();
    server = await ServerProcess.start({
      command: 'dev',
      args: ['--observability-otlp-endpoint', collector.endpoint],
      env: WITH_HOOK,
    });
  });

  afterAll(async () => {
    await server.dispose();
    collector.close();
  });

  const received = async (what: string, find: () => ReceivedSpan | undefined): Promise<ReceivedSpan> => {
    await until(what, 10_000, () => find() !== undefined);
    return find() as ReceivedSpan;
  };
  const about = (name: string, id: string) =>
    received(`the span ${name} of ${id}`, () =>
      collector.named(name).find((span) => attribute(span, 'resonate.id') === id),
    );

  test('continues the trace of a request, in the message to the worker and in the requests of the worker', async () => {
    const stream = await EventStream.open(server.url, '/poll/workers/w1');
    const traceparent = `00-${TRACE}-${PARENT}-01`;
    await send(server.url, 'promise.create', createOn('joined', 'poll://any@workers'), {}, { traceparent });
    const message = await stream.next();
    const request = await about('promise.create', 'joined');
    expect(request).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, kind: 2 });
    expect([attribute(request, 'resonate.status'), attribute(request, 'resonate.corr_id')]).toEqual([200, 'c1']);
    const delivery = await about('deliver execute', 'joined');
    expect(delivery).toMatchObject({ traceId: TRACE, parentSpanId: request.spanId, kind: 4 });
    const head = message.head as { traceparent?: string };
    expect(head.traceparent).toBe(`00-${TRACE}-${delivery.spanId}-01`);
    const acquire = { id: 'joined', version: 0, pid: 'p', ttl: 60_000 };
    await send(server.url, 'task.acquire', acquire, { traceparent: head.traceparent });
    expect(await about('task.acquire', 'joined')).toMatchObject({ traceId: TRACE, parentSpanId: delivery.spanId });
    stream.break();
    expect([...collector.services]).toEqual(['resonate-server']);
  });

  test('shows the batch of a request as its child', async () => {
    await send(server.url, 'promise.create', { id: 'batched', timeoutAt: FAR });
    const request = await about('promise.create', 'batched');
    const isChild = ({ parentSpanId }: ReceivedSpan) => parentSpanId === request.spanId;
    const batch = await received('its batch', () => collector.named('store write').find(isChild));
    expect(attribute(batch, 'resonate.batch.size')).toBe(1);
  });

  test('stores the trace of a promise in its param, unless the client put one there', async () => {
    const own = `00-${TRACE.replace('0a', 'ff')}-${PARENT}-01`;
    const data = { id: 'own', timeoutAt: FAR, param: { headers: { traceparent: own, a: 'b' }, data: 'x' } };
    expect((await send(server.url, 'promise.create', data)).data.promise?.param).toEqual(data.param);
    const { data: answer } = await send(server.url, 'promise.create', { id: 'mine', timeoutAt: FAR });
    expect(answer.promise?.param.headers?.['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  test('names spans after known kinds, never after kinds that clients invent', async () => {
    await send(server.url, 'made.up', { id: 'invented' });
    expect(await about('unknown', 'invented')).toMatchObject({ kind: 2 });
    expect(collector.named('made.up')).toEqual([]);
  });

  test('sends the remaining spans when it stops', async () => {
    await send(server.url, 'promise.get', { id: 'last words' });
    await server.stop();
    expect(collector.named('promise.get').map((span) => attribute(span, 'resonate.id'))).toContain('last words');
    expect(server.output(100)).toContain('loads @opentelemetry/api');
  });
});

test('a server without a collector does not load OpenTelemetry, and promises and messages have no trace', async () => {
  const server = await ServerProcess.start({ command: 'dev', env: WITH_HOOK });
  try {
    const stream = await EventStream.open(server.url, '/poll/workers/w1');
    const traceparent = `00-${TRACE}-${PARENT}-01`;
    const create = createOn('plain', 'poll://any@workers');
    const answer = await send(server.url, 'promise.create', create, { traceparent }, { traceparent });
    expect(answer.data.promise?.param).toEqual({});
    expect(Object.keys((await stream.next()).head)).toEqual(['serverUrl']);
    expect(server.output(100)).not.toContain('loads @opentelemetry');
  } finally {
    await server.dispose();
  }
});
