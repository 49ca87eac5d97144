/**
 * Handles an `execute` message without an SDK, over any transport: acquires the task, does the work, settles the promise.
 */
import { randomUUID } from 'node:crypto';

export interface ExecuteMessage {
  kind: 'execute';
  head: { serverUrl: string };
  data: { task: { id: string; version: number } };
}

interface Value {
  data?: string;
}

/** The lease: without a heartbeat for this long, another worker gets the task. */
const LEASE_MS = 30_000;
const PID = `worker-${randomUUID()}`;

/**
 * Acquires the task, calls `work` with the promise's parameter, and settles the promise with the result or error. If the
 * parameter is not JSON, it rejects the promise.
 * A message may arrive more than once. If another worker has the task, or the task is done, this does nothing.
 * @returns true if this worker fulfilled the task.
 * @throws if the server cannot be reached. Then do not acknowledge the message, so that it is delivered again.
 */
export async function runTask(message: ExecuteMessage, work: (param: unknown) => Promise<unknown>): Promise<boolean> {
  const { serverUrl } = message.head;
  const { id, version: offered } = message.data.task;
  const taken = await call(serverUrl, 'task.acquire', { id, version: offered, pid: PID, ttl: LEASE_MS });
  if (taken.status === 404 || taken.status === 409) return false;
  const { task, promise } = taken.data as { task: { version: number }; promise: { param: Value } };
  const keepLease = setInterval(() => {
    // One heartbeat may fail, because the next one is early enough.
    call(serverUrl, 'task.heartbeat', { pid: PID, tasks: [{ id, version: task.version }] }).catch(() => {});
  }, LEASE_MS / 3);
  try {
    const action = { kind: 'promise.settle', data: { id, ...(await settlement(promise.param, work)) } };
    const fulfilled = await call(serverUrl, 'task.fulfill', { id, version: task.version, action });
    // 409: the lease expired, and another worker has the task.
    return fulfilled.status === 200;
  } finally {
    clearInterval(keepLease);
  }
}

/** Does the work. Any error rejects the promise. Otherwise the task would be repeated after each lease, forever. */
async function settlement(param: Value, work: (param: unknown) => Promise<unknown>) {
  try {
    return { state: 'resolved', value: encode(await work(decode(param))) };
  } catch (error) {
    return { state: 'rejected', value: encode(String(error)) };
  }
}

async function call(serverUrl: string, kind: string, data: object): Promise<{ status: number; data: unknown }> {
  const token = process.env['RESONATE_TOKEN'];
  const answer = await fetch(serverUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ kind, head: { corrId: randomUUID(), version: '2026-04-01' }, data }),
    signal: AbortSignal.timeout(10_000),
  });
  const body = (await answer.json()) as { data: unknown };
  if (![200, 404, 409].includes(answer.status)) throw new Error(`${kind}: ${answer.status} ${String(body.data)}`);
  return { status: answer.status, data: body.data };
}

/** Values are JSON in base64, as in the SDKs. */
function decode({ data }: Value): unknown {
  if (data === undefined) return null;
  try {
    return JSON.parse(Buffer.from(data, 'base64').toString('utf8'));
  } catch (cause) {
    throw new Error('The parameter of the promise is not JSON in base64', { cause });
  }
}

function encode(value: unknown): Value {
  return { data: Buffer.from(JSON.stringify(value ?? null)).toString('base64') };
}
