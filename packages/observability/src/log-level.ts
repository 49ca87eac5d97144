import { LEVELS, type LogLevel } from './logger.ts';

/** The part of a logger that can be changed while it runs. */
export interface Levelled {
  readonly level: LogLevel;
  setLevel(level: LogLevel): void;
}

/** How long a changed level lasts by default. It is limited, because people forget to turn debug off. */
const DEFAULT_MS = 600_000;
const MAX_MS = 24 * 3_600_000;

export interface LevelState {
  level: LogLevel;
  configured: LogLevel;
  /** When the configured level returns, epoch ms; null if it is in effect. */
  until: number | null;
}

/** Changes the log level for a limited time. */
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
   * @param json `{"level":"debug","forMs":600000}`. `forMs` is 10 minutes by default, 24 hours at most.
   * @returns what is wrong with it; null if the level was changed.
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

  /** Returns to the configured level. */
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
  const levels = Object.keys(LEVELS);
  if (level === undefined || !levels.includes(level)) return `level must be one of ${levels.join(', ')}`;
  if (typeof forMs !== 'number' || !Number.isInteger(forMs) || forMs < 1 || forMs > MAX_MS) {
    return `forMs must be an integer from 1 to ${MAX_MS}`;
  }
  return { level, forMs };
}
