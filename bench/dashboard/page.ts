import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { createParser } from 'eventsource-parser';

/** The interval at which the overview reloads even without a change. */
const RELOAD_MS = 5_000;

/** An open dashboard: sends the same requests to the server as the real page. */
export class Page {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #url: string;
  readonly #path: string;
  #events: IncomingMessage | null = null;
  #reloads: NodeJS.Timeout | null = null;
  #asking = false;
  answers = 0;

  constructor(url: string, path: string) {
    this.#url = url;
    this.#path = path;
  }

  async open(): Promise<void> {
    const sent = get(`${this.#url}/admin/events`, { agent: false });
    sent.on('error', () => {});
    [this.#events] = (await once(sent, 'response')) as [IncomingMessage];
    const parser = createParser({ onEvent: () => void this.#ask() });
    this.#events.setEncoding('utf8').on('data', (text: string) => parser.feed(text));
    this.#events.on('error', () => {});
    this.#reloads = setInterval(() => void this.#ask(), RELOAD_MS);
  }

  close(): void {
    this.#events?.destroy();
    if (this.#reloads) clearInterval(this.#reloads);
    this.#agent.destroy();
  }

  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const sent = get(`${this.#url}/admin/${this.#path}`, { agent: this.#agent });
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      answer.resume();
      await once(answer, 'end');
      if (answer.statusCode === 200) this.answers++;
    } catch {
      // The page was closed during the request.
    }
    this.#asking = false;
  }
}
