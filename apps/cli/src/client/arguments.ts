/** The options that all client commands share, and how arguments are parsed. */
import { parseDuration } from '@resonate/config/duration';
import type { Argv } from 'yargs';
import { parseExactJson } from './exact-json.ts';
import { ClientError, type ClientOptions } from './http.ts';
import type { OutputOptions } from './output.ts';

export type ClientArguments = ClientOptions & OutputOptions;

const DEFAULT_SERVER = 'http://localhost:8001';

/** `--server` and `--token`, also from the environment. RESONATE_URL is the variable that the SDKs read. */
export function serverOptions(command: Argv): Argv<ClientOptions> {
  const { RESONATE_SERVER, RESONATE_URL, RESONATE_TOKEN } = process.env;
  return command
    .options({
      server: {
        ...textOption('URL of the server (environment: RESONATE_SERVER, else RESONATE_URL)'),
        alias: 'S',
        default: RESONATE_SERVER || RESONATE_URL || DEFAULT_SERVER,
        defaultDescription: DEFAULT_SERVER,
      },
      token: {
        ...textOption('Token for the server (environment: RESONATE_TOKEN)'),
        alias: 'T',
        default: RESONATE_TOKEN || undefined,
        // Never show a token, not even as a default.
        defaultDescription: 'none',
      },
    })
    .check(isReadable);
}

/** `--server`, `--token` and `--output`. */
export function clientOptions(command: Argv): Argv<ClientArguments> {
  return serverOptions(command).option('output', OUTPUT);
}

/** An option that takes one text. */
export function textOption(describe: string) {
  return { type: 'string', requiresArg: true, describe } as const;
}

/** An option that takes one of a few values. Shells complete them. */
export function choiceOption<const Choice extends string>(choices: readonly Choice[], describe: string) {
  return { choices, requiresArg: true, describe } as const;
}

/** `--output` */
export const OUTPUT = choiceOption(
  ['table', 'json'],
  'Output format; default: a table on a terminal, JSON into a pipe or file',
);

/** Options that may be repeated. */
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

/** Now plus the duration `text`, epoch ms. @throws ClientError */
export function fromNow(text: string, name: string): number {
  return Date.now() + durationMs(text, name);
}

/** Parses JSON; undefined if the option is not given. @throws ClientError if it is not JSON, or a number in it would change */
export function jsonOf(text: string | undefined, name: string): unknown {
  if (text === undefined) return undefined;
  try {
    return parseExactJson(text, name);
  } catch (error) {
    if (error instanceof ClientError) throw error;
    throw new ClientError(`${name} is not JSON: ${(error as Error).message}`);
  }
}

/**
 * Converts a param or value as the user writes it, `{"data": …, "headers": …}`, to the form of the protocol: `data`
 * becomes base64 of the text itself, or of the JSON of anything else.
 * @throws ClientError
 */
export function valueOf(text: string | undefined, name: string): unknown {
  const value = jsonOf(text, name);
  // The server ignores other keys, so their content would be lost without a message.
  const wrong = isRecord(value) ? Object.keys(value).find((key) => key !== 'data' && key !== 'headers') : 'none';
  if (text !== undefined && wrong !== undefined)
    throw new ClientError(
      `${name} must be an object with only data and headers, such as '{"data": …}', not ${quoted(text)}`,
    );
  return encodeData(value);
}

/** The same for a parsed value. A value of another form is returned unchanged, and the server refuses it. */
export function encodeData(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('data' in value)) return value;
  return { ...value, data: base64(value.data) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Base64 of a text, or of the JSON of anything else. */
export function base64(data: unknown): string {
  return Buffer.from(typeof data === 'string' ? data : JSON.stringify(data)).toString('base64');
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
