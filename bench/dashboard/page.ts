import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { createParser } from 'eventsource-parser';

/** The interval at which a page loads its data even without a change. The real dashboard does so on the cluster page. */
const RELOAD_MS = 5_000;

/**
 * An open dashboard. It loads its data after each event, while the real page waits for 1 or 2 s between two loads. So it
 * costs the server at least as much as the real page.
 */
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
