import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { PromiseRecord } from '@resonate/protocol';
import { isAlive } from '@resonate/testkit';
import { until } from '../processes/until.ts';
import { call } from '../processes/wire.ts';

export interface Submission {
  target?: string;
  timeoutAt?: number;
  /** The `data` of the promise's param, in place of the script. */
  data?: string;
}

/** Creates a promise whose param is a script. @returns its id. */
export async function submit(url: string, script: string, submission: Submission = {}): Promise<string> {
  const { target = 'bash://', timeoutAt = Date.now() + 600_000, data = base64(script) } = submission;
  const id = `script-${randomUUID()}`;
  await call(url, 'promise.create', { id, timeoutAt, param: { data }, tags: { 'resonate:target': target } });
  return id;
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** The promise once it is settled. */
export function settled(url: string, id: string, withinMs = 60_000): Promise<PromiseRecord> {
  return until(`${id} is settled`, withinMs, async () => {
    const { promise } = (await call(url, 'promise.get', { id })) as { promise: PromiseRecord };
    return promise.state !== 'pending' && promise;
  });
}

/** Runs a script to its end. @returns how its promise was settled. */
export async function outcome(url: string, script: string, submission?: Submission): Promise<[string, string?]> {
  const { state, value } = await settled(url, await submit(url, script, submission));
  return value.data === undefined ? [state] : [state, value.data];
}

/** The lines of a file that scripts write to; none if it does not exist yet. */
export function lines(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}

/** The process ids that a script wrote to a file, once there are `count`. */
export function pids(file: string, count: number): Promise<number[]> {
  return until(`${file} has ${count} process ids`, 60_000, () => {
    const found = lines(file).map(Number);
    return found.length >= count && found;
  });
}

export async function gone(pid: number, withinMs = 30_000): Promise<void> {
  await until(`process ${pid} is gone`, withinMs, () => !isAlive(pid));
}
