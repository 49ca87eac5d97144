import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reply } from '@resonate/protocol';
import { compareReplies, type Difference } from './compare.ts';

/** Replays recorded traffic of the public server (see the README beside the traces). */

export interface TraceLine {
  now: number;
  kind: string;
  data: unknown;
  res: Reply;
}

export interface Trace {
  name: string;
  lines: TraceLine[];
}

/** Answers one request at `now`, whatever is behind it: a model, an engine, a server over HTTP. */
export type Send = (kind: string, data: unknown, now: number) => Reply | Promise<Reply>;

export interface TraceDifference {
  trace: string;
  /** Counted from 1, as editors do. */
  line: number;
  request: { kind: string; data: unknown; now: number };
  expected: Reply;
  got: Reply;
  differences: Difference[];
}

/** `RESONATE_TRACES`, else `shared/conformance/traces` beside the repository. */
export function traceDirectory(): string {
  const given = process.env['RESONATE_TRACES'];
  return given ? given : join(import.meta.dirname, '../../../../shared/conformance/traces');
}

/**
 * Reads every `*.ndjson` of a directory, in the order of names.
 * @throws when there is no such directory or it has no traces.
 */
export function readTraces(directory: string = traceDirectory()): Trace[] {
  const hint = 'set RESONATE_TRACES to the directory of the recorded traces';
  if (!existsSync(directory)) throw new Error(`no directory ${directory}: ${hint}`);
  const names = readdirSync(directory).filter((name) => name.endsWith('.ndjson'));
  if (names.length === 0) throw new Error(`no *.ndjson in ${directory}: ${hint}`);
  return names.sort().map((name) => ({ name, lines: readLines(join(directory, name)) }));
}

function readLines(path: string): TraceLine[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TraceLine);
}

/**
 * Sends the requests of one trace in order to a subject that is empty and whose background loops are paused.
 * @returns every line whose answer differs. The first is the cause; what follows it may be only its consequence.
 */
export async function replay(trace: Trace, send: Send): Promise<TraceDifference[]> {
  const found: TraceDifference[] = [];
  for (const [index, { kind, data, now, res }] of trace.lines.entries()) {
    const got = await send(kind, data, now);
    const differences = compareReplies(kind, res, got);
    if (differences.length === 0) continue;
    found.push({ trace: trace.name, line: index + 1, request: { kind, data, now }, expected: res, got, differences });
  }
  return found;
}

/** A difference as a few lines of text, for the message of a failing test. */
export function describeTraceDifference({ trace, line, request, differences, got }: TraceDifference): string {
  const places = differences.map(({ path, expected, got }) => {
    return `  ${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`;
  });
  const reason = got.status >= 400 ? [`  answer: ${JSON.stringify(got.data)}`] : [];
  return [
    `${trace}:${line} ${request.kind} at ${request.now}`,
    JSON.stringify(request.data),
    ...places,
    ...reason,
  ].join('\n');
}
