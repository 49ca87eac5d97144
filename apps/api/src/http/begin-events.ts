import type { ServerResponse } from 'node:http';

/**
 * Makes a response an event stream that no proxy holds back. The first bytes go at once: until then the client does not
 * count as connected.
 */
export function beginEvents(response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    // A proxy that compresses would hold messages back until its buffer is full.
    'cache-control': 'no-cache, no-transform',
    connection: 'keep-alive',
    'x-accel-buffering': 'no',
  });
  response.write(': connected\n\n');
}
