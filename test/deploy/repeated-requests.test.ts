import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { freePort } from '../processes/free-port.ts';
import { HttpClient } from '../processes/http-client.ts';
import { startLoadBalancer, type LoadBalancer } from './load-balancer.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(60_000);

let api: Server;
let balancer: LoadBalancer;
let client: HttpClient;
/** The kinds of the requests that the api got. */
let received: string[] = [];

/** An api that reads the first request of each test and dies before it answers. */
beforeAll(async () => {
  api = createServer((request, response) => {
    if (request.method === 'GET') {
      response.end();
      return;
    }
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push((JSON.parse(body) as { kind: string }).kind);
      if (received.length === 1) request.socket.destroy();
      else response.end();
    });
  });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  balancer = await startLoadBalancer(await freePort(), [(api.address() as AddressInfo).port]);
});

beforeEach(() => {
  // HAProxy answers 502 only to the first request of a connection. After that it closes the connection.
  client = new HttpClient(balancer.url);
  received = [];
});

afterEach(() => client.close());

afterAll(async () => {
  await balancer?.stop();
  api?.close();
});

const send = (kind: string, data: object) =>
  client.send({ method: 'POST', body: JSON.stringify({ kind, head: { corrId: 'c', version: '2026-04-01' }, data }) });

test('HAProxy with the Compose configuration repeats a create that got no answer', async () => {
  expect(await send('promise.create', { id: 'p' })).toMatchObject({ status: 200 });
  expect(received).toEqual(['promise.create', 'promise.create']);
});

test('HAProxy with the Compose configuration does not repeat schedule.trigger, which would start a second run', async () => {
  expect(await send('schedule.trigger', { id: 's' })).toMatchObject({ status: 502 });
  expect(received).toEqual(['schedule.trigger']);
});
