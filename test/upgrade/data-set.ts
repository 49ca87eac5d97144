import { FAR_FUTURE } from '../http/state.ts';
import type { HttpClient } from '../processes/http-client.ts';
import { until } from '../processes/until.ts';

/** Addresses of workers and clients of the data set. None of them is connected, so their messages stay in the database. */
const WORKERS = 'poll://any@workers';
const CLIENTS = 'poll://any@clients';

const DAY_MS = 86_400_000;
/** Leases last this long, so that the tasks are still acquired in all later tests. */
const CENTURY_MS = 36_500 * DAY_MS;
/** A text with which databases and drivers may have trouble. */
const ODD = ' Ünï/cødé "quoted" \\back% ';
/** The `data` of a param or value, in base64 as SDKs encode it. */
const data = (text: string) => Buffer.from(text).toString('base64');
const target = { 'resonate:target': WORKERS };
/** Two promises of the data set time out after this time. */
const SOON_MS = 200;

/**
 * Creates objects of every kind on a server: promises and tasks in every state, callbacks that wait and that are ready,
 * listeners, messages that wait, a dead letter, schedules. Afterwards nothing changes by itself.
 * @param deadEnd an address that refuses messages at once; null: the server keeps no dead letters.
 * @param hasPolicies whether schedules have policies and can be paused.
 */
export async function fillWithEverything(
  client: HttpClient,
  { deadEnd, hasPolicies }: { deadEnd: string | null; hasPolicies: boolean },
): Promise<void> {
  const send = async (kind: string, body: object) => {
    const { status, data: answer } = await client.rpc(kind, body);
    if (status >= 300) throw new Error(`${kind} ${JSON.stringify(body)}: ${status} ${JSON.stringify(answer)}`);
    return answer as { task?: { version: number } };
  };
  const create = (id: string, tags: Record<string, string> = {}, timeoutAt = FAR_FUTURE) =>
    send('promise.create', {
      id,
      timeoutAt,
      tags,
      param: { headers: { a: 'b' }, data: data(`{"func":"f","id":"${id}"}`) },
    });
  const settle = (id: string, state = 'resolved') =>
    send('promise.settle', { id, state, value: { headers: { ok: '✓' }, data: data(`"result of ${id}"`) } });
  const acquire = async (id: string) => {
    const { task } = await send('task.acquire', { id, version: 0, pid: 'worker-1', ttl: CENTURY_MS });
    return { id, version: task?.version ?? 1 };
  };
  const listen = (awaited: string, address: string) => send('promise.register_listener', { awaited, address });
  const callback = (awaited: string, awaiter: string) => ({
    kind: 'promise.register_callback',
    head: {},
    data: { awaited, awaiter },
  });

  await create('pending', {
    'resonate:origin': 'root',
    'resonate:parent': 'root',
    'resonate:branch': 'root',
    env: 'prod',
  });
  await create(ODD, { [ODD]: ODD, long: 'x'.repeat(500) });
  for (const state of ['resolved', 'rejected', 'rejected_canceled']) {
    await create(state);
    await settle(state, state);
  }
  await create('rejected_timedout', {}, Date.now() + SOON_MS);
  await create('timer', { 'resonate:timer': 'true' }, Date.now() + SOON_MS);

  for (const state of ['pending', 'acquired', 'suspended', 'halted', 'fulfilled', 'released', 'resumed', 'waiting']) {
    await create(`task-${state}`, { ...target, 'resonate:origin': 'root' });
  }
  await acquire('task-acquired');
  const suspended = await acquire('task-suspended');
  await send('task.suspend', { ...suspended, actions: [callback('pending', suspended.id)] });
  await send('task.halt', { id: 'task-halted' });
  const { id, version } = await acquire('task-fulfilled');
  const action = { kind: 'promise.settle', head: {}, data: { id, state: 'resolved', value: { data: data('"done"') } } };
  await send('task.fulfill', { id, version, action });
  await send('task.release', await acquire('task-released'));
  // Its callback is ready before it suspends.
  await acquire('task-resumed');
  await create('awaited-early');
  await send('promise.register_callback', { awaited: 'awaited-early', awaiter: 'task-resumed' });
  await settle('awaited-early');
  // It is resumed, but no worker is connected to receive the message.
  const waiting = await acquire('task-waiting');
  await create('awaited-late');
  await send('task.suspend', { ...waiting, actions: [callback('awaited-late', waiting.id)] });
  await settle('awaited-late');

  await listen('pending', CLIENTS);
  await create('heard');
  await listen('heard', CLIENTS);
  await settle('heard');
  if (deadEnd !== null) {
    await create('undeliverable');
    await listen('undeliverable', deadEnd);
    await settle('undeliverable');
  }

  const schedule = { promiseId: '{{.id}}.{{.timestamp}}', promiseTimeout: DAY_MS, promiseTags: target };
  const yearly = { cron: '0 0 1 1 *', ...schedule, promiseParam: { data: data('[1]') } };
  await send('schedule.create', { id: 'yearly', ...yearly });
  if (hasPolicies) {
    const policies = { timezone: 'Europe/Berlin', overlap: 'skip', catchUp: 'all', cronDialect: 'unix' };
    await send('schedule.create', { id: 'with-policies', ...yearly, ...policies });
    await send('schedule.create', { id: 'paused', ...yearly });
    await send('schedule.pause', { id: 'paused' });
  }
  await until('the timers', 20_000, async () => {
    const states = await Promise.all(['rejected_timedout', 'timer'].map((id) => send('promise.get', { id })));
    return states.every((answer) => !JSON.stringify(answer).includes('"pending"'));
  });
}
