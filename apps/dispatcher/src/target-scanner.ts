import { ScanInterval } from '@resonate/delivery';
import { Loop, type Service } from '@resonate/lifecycle';
import { scanEveryMs, type RuntimeWith } from '@resonate/process';
import type { WaitingTarget } from '@resonate/store';
import type { PushTransport } from '@resonate/transports';

type Context = RuntimeWith<'config' | 'logger', 'clock' | 'isShared' | 'queues'>;

/** Targets per read. It is limited, because SQLite reads in the main thread of this process (0.01 ms per target). */
const PAGE = 200;
/** The pause after each scan, as a multiple of its duration. So scanning takes at most a tenth of the time. */
const PAUSE_PER_SCAN = 9;

/**
 * Regularly scans all targets that have messages. It finds messages that were not announced, because hints may be lost
 * and some messages become due without one. While hints work, it scans rarely.
 */
export class TargetScanner implements Service {
  readonly name: string;
  readonly #runtime: Context;
  readonly #transport: PushTransport['name'];
  readonly #found: (target: WaitingTarget) => boolean;
  readonly #loop: Loop;
  /** The last target that was read; empty at the beginning of a scan. */
  #after = '';
  #scanMs = 0;
  /** From `performance.now()`, because clocks may be set back. */
  #pauseUntil = -Infinity;
  readonly #interval: ScanInterval;

  /**
   * @param found called with each target and the due time of its first message. Returns true if no hint had announced
   * it.
   */
  constructor(runtime: Context, transport: PushTransport['name'], found: (target: WaitingTarget) => boolean) {
    const { config, logger, store } = runtime;
    this.name = `${transport} scanner`;
    this.#runtime = runtime;
    this.#transport = transport;
    this.#found = found;
    this.#interval = new ScanInterval(runtime);
    const pollIntervalMs = scanEveryMs(config);
    this.#loop = new Loop({ name: this.name, pollIntervalMs, logger, clock: store.clock, step: () => this.#look() });
  }

  start(): Promise<void> {
    return this.#loop.start();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** Scans at `at`, because something is due then for an unknown target. */
  wakeAt(at: number): void {
    this.#loop.wakeAt(at);
  }

  async #look(): Promise<number | null> {
    const { store } = this.#runtime;
    const start = performance.now();
    if (this.#after === '' && start < this.#pauseUntil) return store.clock.now() + this.#pauseUntil - start;
    const page = await store.queues.waitingTargets(this.#transport, PAGE, this.#after);
    if (page.map(this.#found).includes(true)) this.#interval.foundUnannounced();
    this.#scanMs += performance.now() - start;
    this.#after = page.length === PAGE ? (page.at(-1)?.target ?? '') : '';
    if (this.#after !== '') return 0;
    this.#pauseUntil = performance.now() + this.#scanMs * PAUSE_PER_SCAN;
    this.#scanMs = 0;
    return this.#interval.nextAt;
  }
}
