import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Reply } from '@resonate/protocol';
import { compareReplies, type Difference } from './compare.ts';

/** Replays recorded traffic of the public server (test/conformance/README.md). */

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
  /** The request's number in its trace, counted from 1. */
  line: number;
  request: { kind: string; data: unknown; now: number };
  expected: Reply;
  got: Reply;
  differences: Difference[];
}

const RECORDED = join(import.meta.dirname, '../../../test/conformance/traces.ndjson.gz');

/** The traces in the order they were recorded. */
export function readTraces(): Trace[] {
  return parseTraces(gunzipSync(readFileSync(RECORDED)).toString('utf8'));
}

/**
 * @param text newline-delimited JSON: `{"trace": name}` begins a trace, each line after it is one request.
 * @throws when a request comes before any trace.
 */
export function parseTraces(text: string): Trace[] {
  const traces: Trace[] = [];
  for (const line of text.split('\n').filter((line) => line !== '')) {
    const parsed = JSON.parse(line) as TraceLine | { trace: string };
    const current = traces.at(-1);
    if ('trace' in parsed) traces.push({ name: parsed.trace, lines: [] });
    else if (current) current.lines.push(parsed);
    else throw new Error('a request comes before the first line that names a trace');
  }
  return traces;
}

/**
 * Sends the requests of one trace in order to a subject that is empty and whose background loops are paused.
 * @param compared.texts also compares the texts of errors. Only for a server: other subjects have different texts.
 * @returns every line whose answer differs. The first is the cause; what follows it may be only its consequence.
 */
export async function replay(trace: Trace, send: Send, compared: { texts?: boolean } = {}): Promise<TraceDifference[]> {
  const found: TraceDifference[] = [];
  for (const [index, { kind, data, now, res }] of trace.lines.entries()) {
    const got = await send(kind, data, now);
    const differences = compareReplies(kind, res, got);
    if (compared.texts && !saysTheSame(res, got)) differences.push({ path: 'data', expected: res.data, got: got.data });
    if (differences.length === 0) continue;
    found.push({ trace: trace.name, line: index + 1, request: { kind, data, now }, expected: res, got, differences });
  }
  return found;
}

/** Texts that begin like this come from the public server's JSON decoder. Ours differ: see docs/differences.md. */
const DECODER_TEXT = 'Invalid request: ';

/** Whether the text of an error begins with the recorded one; it may add a reason. */
function saysTheSame(expected: Reply, got: Reply): boolean {
  if (expected.status < 400) return true;
  const [text, ours] = [String(expected.data), String(got.data)];
  return text.startsWith(DECODER_TEXT) || ours.startsWith(text);
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
