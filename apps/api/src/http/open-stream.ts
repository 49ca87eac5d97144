import type { Request, Response } from 'express';
import type { StreamHub } from '@resonate/transports';
import { beginEvents } from './begin-events.ts';

/**
 * Turns a request into an event stream of the hub (protocol section 6).
 * @param open counts the streams that are open.
 */
export function openStream(
  request: Request,
  response: Response,
  hub: StreamHub,
  { group, id }: { group: string; id: string },
  open: { inc(): void; dec(): void },
): void {
  beginEvents(response);
  request.socket.setNoDelay(true);
  request.socket.setKeepAlive(true, 30_000);
  let corked = false;
  const stream = hub.open(group, id, {
    write(text, flushed) {
      // All messages of one turn of the event loop leave in one packet.
      if (!corked) {
        corked = true;
        response.cork();
        process.nextTick(() => {
          corked = false;
          response.uncork();
        });
      }
      response.write(text, (error) => {
        if (!error) flushed();
      });
    },
    end: () => response.end(),
  });
  open.inc();
  response.on('error', () => hub.close(stream));
  response.on('close', () => {
    hub.close(stream);
    open.dec();
  });
}
