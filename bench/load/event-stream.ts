import { get, type ClientRequest } from 'node:http';

/** A message that the server sends over a stream: `execute` or `unblock`. */
export interface StreamMessage {
  kind: string;
  data: { task?: { id: string; version: number }; promise?: { id: string } };
}

/** The event stream of a worker or listener: GET /poll/{group}/{id}. */
export class EventStream {
  readonly #request: ClientRequest;
  #isClosed = false;

  private constructor(request: ClientRequest) {
    this.#request = request;
  }

  /** Resolves when the server has opened the stream. `heard` is called with each message. */
  static async open(url: string, group: string, id: string, heard: (message: StreamMessage) => void) {
    return new Promise<EventStream>((resolve, reject) => {
      const headers = { accept: 'text/event-stream' };
      const request = get(`${url}/poll/${group}/${id}`, { headers, agent: false }, (response) => {
        if (response.statusCode !== 200) return reject(new Error(`GET /poll: ${response.statusCode}`));
        let rest = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          const events = (rest + text).split('\n\n');
          rest = events.pop() ?? '';
          for (const event of events) {
            for (const line of event.split('\n')) {
              if (line.startsWith('data:')) heard(JSON.parse(line.slice(5)) as StreamMessage);
            }
          }
        });
        const stream = new EventStream(request);
        response.once('close', () => {
          // Fail, because messages may be lost with the stream, and rounds would wait for them forever.
          if (!stream.#isClosed) throw new Error(`the server ended the stream of ${group}/${id}`);
        });
        resolve(stream);
      });
      request.once('error', reject);
      request.setNoDelay(true);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#request.on('error', () => undefined);
    this.#request.destroy();
  }
}
