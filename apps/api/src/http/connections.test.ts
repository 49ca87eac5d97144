import { Agent, createServer, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { unreadBudget } from '../limits/byte-budget.ts';
import { Connections } from './connections.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let server: Server;
let agent: Agent;
const responses: WeakRef<ServerResponse>[] = [];

beforeEach(async () => {
  server = createServer((incoming, response) => {
    responses.push(new WeakRef(response));
    connections.requested(incoming, response, () => response.end('answer'));
  });
  const connections = new Connections(server, unreadBudget(1_000_000));
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  agent.destroy();
  server.close();
});

/** Sends a request on the agent's only connection and reads its answer. */
function ask(): Promise<string> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', agent }, (incoming) => {
      let text = '';
      incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
      incoming.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });
}

test('an open connection keeps only its latest answer in memory', async () => {
  for (let count = 0; count < 3; count++) expect(await ask()).toBe('answer');
  await nextTurn();
  collectGarbage();
  expect(responses.map((response) => response.deref() !== undefined)).toEqual([false, false, true]);
});
