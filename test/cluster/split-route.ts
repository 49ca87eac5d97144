import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SplitRoute {
  url: string;
  stop(): Promise<void>;
}

/** One address that sends requests for event streams to one replica and all other requests to another. */
export async function startSplitRoute(streamsFrom: string, requestsTo: string): Promise<SplitRoute> {
  const server = createServer((received, response) => {
    forward(received, response, received.method === 'GET' ? streamsFrom : requestsTo);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function forward(received: IncomingMessage, response: ServerResponse, to: string): void {
  const { method, headers, url } = received;
  const passed = request(`${to}${url}`, { method, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
    answer.on('close', () => response.destroy());
  });
  passed.on('error', () => response.destroy());
  response.on('close', () => passed.destroy());
  received.pipe(passed);
}
