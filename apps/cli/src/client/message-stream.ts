import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Message } from '@resonate/protocol';
import { createParser } from 'eventsource-parser';
import { reach, type ClientOptions } from './http.ts';

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;
/** Real messages are smaller, because the server limits bodies. This protects against a server that misbehaves. */
const MAX_EVENT_CHARACTERS = 64 * 1024 * 1024;

interface StreamOptions {
  /** Ends the stream for good. */
  signal: AbortSignal;
  /** Called when the stream ended or could not be opened. It is opened again after a pause. */
  onLost(reason: string): void;
}

/**
 * Receives the messages for one address over an event stream. The stream is reopened whenever it ends. No message is
 * lost in between, because the server keeps undelivered messages. The pause before that doubles with each failed attempt
 * to open the stream.
 * @param path `/poll/GROUP/ID`
 */
export async function* receiveMessages(
  path: string,
  server: ClientOptions,
  { signal, onLost }: StreamOptions,
): AsyncGenerator<Message> {
  let retryMs = FIRST_RETRY_MS;
  const isOver = () => signal.aborted;
  while (!isOver()) {
    try {
      const response = await open(path, server, signal);
      retryMs = FIRST_RETRY_MS;
      yield* messagesIn(response);
      if (!isOver()) onLost('the server ended the stream');
    } catch (error) {
      if (!isOver()) onLost((error as Error).message);
    }
    await pause(retryMs, undefined, { signal }).catch(() => {});
    retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
  }
}

async function open(path: string, server: ClientOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const response = await reach(path, server, { accept: 'text/event-stream', signal });
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Error(`${path} answered ${response.statusCode ?? 0}`);
  }
  return response;
}

async function* messagesIn(response: IncomingMessage): AsyncGenerator<Message> {
  const received: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => received.push(data), maxBufferSize: MAX_EVENT_CHARACTERS });
  response.setEncoding('utf8');
  for await (const text of response) {
    parser.feed(text as string);
    for (const data of received.splice(0)) yield JSON.parse(data) as Message;
  }
}
