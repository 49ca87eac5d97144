/** Reads each request completely and always sends the same answer, which is as long as that of a promise.create. */
import { createServer } from 'node:http';
import { announcePort } from './announce-port.ts';

const answer = JSON.stringify({
  kind: 'promise.create',
  head: { corrId: 'bench', status: 200, version: '2026-04-01' },
  data: {
    promise: {
      id: 'x'.repeat(24),
      state: 'pending',
      param: { headers: {}, data: btoa('{"func":"add","args":[1,2],"version":1}') },
      value: {},
      tags: {},
      timeoutAt: Date.now(),
      createdAt: Date.now(),
    },
  },
});
const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) };

const server = createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(200, headers).end(answer));
});
announcePort(server);
