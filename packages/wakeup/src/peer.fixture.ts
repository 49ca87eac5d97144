import { EventEmitter, once } from 'node:events';
import { Writable } from 'node:stream';
import { createLogger } from '@resonate/observability';
import type { Hint } from './hint.ts';
import { createWakeup } from './create-wakeup.ts';
import type { Wakeup, WakeupOptions } from './wakeup.ts';

/** One process on the channel. It records what it receives, for tests. */
export class Peer {
  readonly wakeup: Wakeup;
  readonly hints: Hint[] = [];
  readonly latencies: number[] = [];
  readonly dropped: string[] = [];
  readonly log: { level: string; msg: string; error?: { message: string } }[] = [];
  published = 0;
  connected = false;
  readonly #changes = new EventEmitter();

  constructor(options: Pick<WakeupOptions, 'type' | 'url' | 'processId'> & { channel?: string }) {
    const changed = () => this.#changes.emit('change');
    const stream = new Writable({
      write: (line: Buffer, _encoding, done) => {
        this.log.push(JSON.parse(line.toString()) as (typeof this.log)[number]);
        changed();
        done();
      },
    });
    this.wakeup = createWakeup({
      ...options,
      logger: createLogger({ level: 'debug', stream }),
      observer: {
        onPublished: () => {
          this.published++;
          changed();
        },
        onReceived: (latencyMs) => void this.latencies.push(latencyMs),
        onDropped: (reason) => {
          this.dropped.push(reason);
          changed();
        },
        onConnected: (connected) => {
          this.connected = connected;
          changed();
        },
      },
    });
    this.wakeup.onHint((hint) => {
      this.hints.push(hint);
      changed();
    });
  }

  /** Checks again whenever a message arrives or the connection changes. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.#changes, 'change');
  }

  async started(): Promise<this> {
    await this.wakeup.start();
    await this.until(() => this.connected);
    return this;
  }

  async down(): Promise<void> {
    await this.until(() => !this.connected);
  }
}
