import type { ServerResponse } from 'node:http';

/**
 * Makes a response an event stream that proxies do not buffer. The first bytes are sent at once, because the client
 * counts as connected only then.
 */
export function beginEvents(response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    // no-transform, because a proxy that compresses would keep messages until its buffer is full.
    'cache-control': 'no-cache, no-transform',
    connection: 'keep-alive',
    'x-accel-buffering': 'no',
  });
  // An error without a listener would end the process. `close` follows when the connection is gone.
  response.on('error', () => {});
  response.write(': connected\n\n');
}
