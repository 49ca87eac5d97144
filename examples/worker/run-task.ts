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
 * Acquires the task, calls `work` with the promise's parameter, and settles the promise with the result or error.
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
    const settlement = await work(decode(promise.param)).then(
      (result) => ({ state: 'resolved', value: encode(result) }),
      (error: unknown) => ({ state: 'rejected', value: encode(String(error)) }),
    );
    const action = { kind: 'promise.settle', data: { id, ...settlement } };
    const fulfilled = await call(serverUrl, 'task.fulfill', { id, version: task.version, action });
    // 409: the lease expired, and another worker has the task.
    return fulfilled.status === 200;
  } finally {
    clearInterval(keepLease);
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
  return data === undefined ? null : JSON.parse(Buffer.from(data, 'base64').toString('utf8'));
}

function encode(value: unknown): Value {
  return { data: Buffer.from(JSON.stringify(value ?? null)).toString('base64') };
}
