/**
 * What a worker without an SDK does with an `execute` message, whichever way it came: take the task, do the work, tell
 * the outcome.
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

/** The lease: when this worker falls silent for so long, another one gets the task. */
const LEASE_MS = 30_000;
const PID = `worker-${randomUUID()}`;

/**
 * Takes the task, gives the promise's parameter to `work`, settles the promise with what it returns or throws.
 * Messages come at least once: a task that somebody else has, or that is done, is left alone.
 * @returns whether the task was ours. @throws when the server can't be asked: then the message should come again.
 */
export async function runTask(message: ExecuteMessage, work: (param: unknown) => Promise<unknown>): Promise<boolean> {
  const { serverUrl } = message.head;
  const { id, version: offered } = message.data.task;
  const taken = await call(serverUrl, 'task.acquire', { id, version: offered, pid: PID, ttl: LEASE_MS });
  if (taken.status === 404 || taken.status === 409) return false;
  const { task, promise } = taken.data as { task: { version: number }; promise: { param: Value } };
  const keepLease = setInterval(() => {
    // One heartbeat may fail; the next is in time.
    call(serverUrl, 'task.heartbeat', { pid: PID, tasks: [{ id, version: task.version }] }).catch(() => {});
  }, LEASE_MS / 3);
  try {
    const settlement = await work(decode(promise.param)).then(
      (result) => ({ state: 'resolved', value: encode(result) }),
      (error: unknown) => ({ state: 'rejected', value: encode(String(error)) }),
    );
    const action = { kind: 'promise.settle', data: { id, ...settlement } };
    const fulfilled = await call(serverUrl, 'task.fulfill', { id, version: task.version, action });
    // 409: the lease was over, another worker has the task.
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

/** Values are base64, by the SDKs' convention of JSON. */
function decode({ data }: Value): unknown {
  return data === undefined ? null : JSON.parse(Buffer.from(data, 'base64').toString('utf8'));
}

function encode(value: unknown): Value {
  return { data: Buffer.from(JSON.stringify(value ?? null)).toString('base64') };
}
