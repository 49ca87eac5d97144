import type { LogLevel } from './logger.ts';

/** What of a logger can be changed while it runs. */
export interface Levelled {
  readonly level: LogLevel;
  setLevel(level: LogLevel): void;
}

const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/** How long a changed level lasts: whoever turns debug on forgets to turn it off. */
const DEFAULT_MS = 600_000;
const MAX_MS = 24 * 3_600_000;

export interface LevelState {
  level: LogLevel;
  configured: LogLevel;
  /** When the configured level comes back, epoch ms; null while it holds. */
  until: number | null;
}

/** A level that is changed for a while. */
export class LevelSwitch {
  readonly #log: Levelled;
  readonly #configured: LogLevel;
  #until: number | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Levelled) {
    this.#log = log;
    this.#configured = log.level;
  }

  get state(): LevelState {
    return { level: this.#log.level, configured: this.#configured, until: this.#until };
  }

  /**
   * @param json `{"level":"debug","forMs":600000}`; `forMs` is 10 minutes when left out, 24 hours at most.
   * @returns what is wrong with it; null: it holds.
   */
  change(json: string): string | null {
    const wanted = parse(json);
    if (typeof wanted === 'string') return wanted;
    const { level, forMs } = wanted;
    this.close();
    this.#log.setLevel(level);
    if (level === this.#configured) return null;
    this.#until = Date.now() + forMs;
    this.#timer = setTimeout(() => this.close(), forMs).unref();
    return null;
  }

  /** Brings the configured level back. */
  close(): void {
    clearTimeout(this.#timer);
    this.#until = null;
    this.#log.setLevel(this.#configured);
  }
}

function parse(json: string): { level: LogLevel; forMs: number } | string {
  let body: unknown;
  try {
    body = JSON.parse(json);
  } catch {
    return 'the body must be JSON, such as {"level":"debug","forMs":600000}';
  }
  const { level, forMs = DEFAULT_MS } = (body ?? {}) as { level?: LogLevel; forMs?: unknown };
  if (level === undefined || !LEVELS.includes(level)) return `level must be one of ${LEVELS.join(', ')}`;
  if (typeof forMs !== 'number' || !Number.isInteger(forMs) || forMs < 1 || forMs > MAX_MS) {
    return `forMs must be an integer from 1 to ${MAX_MS}`;
  }
  return { level, forMs };
}
