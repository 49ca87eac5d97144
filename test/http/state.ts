import type { HttpClient } from '../processes/http-client.ts';

/** The timeout of promises that must not time out during a test. */
export const FAR_FUTURE = 9_000_000_000_000;

/** Stops the background loops of a debug server, and creates one object of each kind that a request could damage. */
export async function populate(client: HttpClient): Promise<void> {
  const target = { 'resonate:target': 'poll://any@nobody' };
  const create = (id: string, tags: Record<string, string>) =>
    ['promise.create', { id, timeoutAt: FAR_FUTURE, tags }] as const;
  const requests: (readonly [string, object])[] = [
    ['debug.start', {}],
    create('plain', {}),
    create('settled', {}),
    create('waiting', target),
    create('task', target),
    ['promise.settle', { id: 'settled', state: 'resolved', value: { data: 'eA==' } }],
    ['task.acquire', { id: 'task', version: 0, pid: 'owner', ttl: 60_000 }],
    ['promise.register_callback', { awaited: 'plain', awaiter: 'task' }],
    ['promise.register_listener', { awaited: 'plain', address: 'poll://any@nobody' }],
    ['schedule.create', { id: 'daily', cron: '0 0 * * *', promiseId: 'day-{{.timestamp}}', promiseTimeout: 1_000 }],
  ];
  for (const [kind, data] of requests) {
    const { status, data: answer } = await client.rpc(kind, data);
    if (status !== 200) throw new Error(`${kind}: ${status} ${String(answer)}`);
  }
}

/** The whole state of a debug server. */
export async function stateOf(client: HttpClient): Promise<unknown> {
  const snap = await client.rpc('debug.snap', {});
  const schedules = await client.rpc('schedule.search', { limit: 1000 });
  return { snap: snap.data, schedules: schedules.data };
}
