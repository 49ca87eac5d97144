import winston from 'winston';
import { jsonLine, textLine, type Fields } from './log-format.ts';
import { logSink, type LogStream } from './log-sink.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Logger {
  debug(msg: string, fields?: Fields): void;
  info(msg: string, fields?: Fields): void;
  warn(msg: string, fields?: Fields): void;
  error(msg: string, fields?: Fields): void;
  /** A logger whose lines have these fields, too. It follows the level of its parent. */
  child(fields: Fields): Logger;
}

/** The logger that a process creates when it starts. */
export interface RootLogger extends Logger {
  readonly level: LogLevel;
  /** Takes effect at once, for all children, too. */
  setLevel(level: LogLevel): void;
}

export interface LogTarget {
  level: LogLevel;
  /** Where the lines go; standard output by default. */
  stream?: LogStream & { isTTY?: boolean };
}

/** Each level with its rank. A logger writes the lines up to the rank of its level. */
export const LEVELS: Record<LogLevel, number> = { error: 0, warn: 1, info: 2, debug: 3 };

/**
 * Writes text lines with time and colours on a terminal, otherwise one JSON object per line. Secrets are masked. If the
 * stream fails, lines are lost and counted, and the process continues.
 */
export function createLogger({ level, stream = process.stdout }: LogTarget): RootLogger {
  const line = (at: string, msg: string, fields: Fields) =>
    stream.isTTY === true ? textLine(stream, at, msg, fields) : jsonLine(at, msg, fields);
  const lostLine = (count: number) => line('warn', 'log lines could not be written and are lost', { count });
  const sink = winston.createLogger({
    levels: LEVELS,
    level,
    format: winston.format.printf((info) => line(info.level, String(info.message), info['fields'] as Fields)),
    transports: [new winston.transports.Stream({ stream: logSink(stream, lostLine) })],
    exitOnError: false,
  });
  const root: RootLogger = {
    ...bind(sink, {}),
    get level() {
      return sink.level as LogLevel;
    },
    setLevel: (next) => {
      sink.level = next;
    },
  };
  return root;
}

function bind(sink: winston.Logger, bound: Fields): Logger {
  const log = (level: LogLevel) => (msg: string, fields?: Fields) => {
    // Check the level first, so that a line below it costs nothing.
    if (LEVELS[level] <= LEVELS[sink.level as LogLevel]) {
      sink.log({ level, message: msg, fields: fields ? { ...bound, ...fields } : bound });
    }
  };
  return {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    child: (fields) => bind(sink, { ...bound, ...fields }),
  };
}

/** Discards all lines, for tests and for commands that print their result themselves. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
};
