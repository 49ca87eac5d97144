/** What arguments of client commands mean, and the options all of them have. */
import { parseDuration } from '@resonate/config/duration';
import type { Argv } from 'yargs';
import { ClientError, type ClientOptions } from './http.ts';
import type { OutputOptions } from './output.ts';

export type ClientArguments = ClientOptions & OutputOptions;

const DEFAULT_SERVER = 'http://localhost:8001';

/** `--server` and `--token`, also from the environment. */
export function serverOptions(command: Argv): Argv<ClientOptions> {
  const { RESONATE_SERVER, RESONATE_TOKEN } = process.env;
  return command
    .options({
      server: {
        ...textOption('URL of the server (environment: RESONATE_SERVER)'),
        alias: 'S',
        default: RESONATE_SERVER || DEFAULT_SERVER,
        defaultDescription: DEFAULT_SERVER,
      },
      token: {
        ...textOption('Token for the server (environment: RESONATE_TOKEN)'),
        alias: 'T',
        default: RESONATE_TOKEN || undefined,
        // A token never shows, not even as a default.
        defaultDescription: 'none',
      },
    })
    .check(isReadable);
}

/** Those, and `--output`. */
export function clientOptions(command: Argv): Argv<ClientArguments> {
  return serverOptions(command).option('output', {
    choices: ['table', 'json'],
    requiresArg: true,
    describe: 'A table or JSON; else a table on a terminal, JSON into a pipe or file',
  });
}

/** An option that takes one text. */
export function textOption(describe: string) {
  return { type: 'string', requiresArg: true, describe } as const;
}

/** What may be given several times. */
const REPEATABLE = new Set(['arg', 'from', 'ids', '_']);

function isReadable(argv: Record<string, unknown>): true {
  for (const [name, value] of Object.entries(argv)) {
    if (Array.isArray(value) && !REPEATABLE.has(name)) throw new Error(`--${name} is given more than once`);
    if ([value].flat().some(Number.isNaN)) throw new Error(`--${name} must be a number`);
  }
  return true;
}

/** Milliseconds of `500ms`, `30s`, `1h30m`. @throws ClientError also for 0 */
export function durationMs(text: string, name: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms > 0) return ms;
  throw new ClientError(`${name} must be a duration above zero such as 500ms, 30s or 1h30m, not ${quoted(text)}`);
}

/** The instant that is `text` from now, epoch ms. @throws ClientError */
export function fromNow(text: string, name: string): number {
  return Date.now() + durationMs(text, name);
}

/** What is not given is left out of a request. @throws ClientError when it is no JSON. */
export function jsonOf(text: string | undefined, name: string): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ClientError(`${name} is not JSON: ${(error as Error).message}`);
  }
}

/**
 * A promise's param or value as its user writes it, `{"data": …, "headers": …}`, made ready for the wire: `data`
 * becomes base64, of the text itself or of anything else as JSON.
 * @throws ClientError
 */
export function valueOf(text: string | undefined, name: string): unknown {
  return encodeData(jsonOf(text, name));
}

/** The same for a value that is no text. What is no value is left for the server to refuse. */
export function encodeData(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('data' in value)) return value;
  return { ...value, data: base64(value.data) };
}

/** A text itself, anything else as JSON, in base64. */
export function base64(data: unknown): string {
  return Buffer.from(typeof data === 'string' ? data : JSON.stringify(data)).toString('base64');
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
