import { MIB } from '../options.ts';
import { envelope, pause, post, rpc, type Attack, type Target } from './attack.ts';

/** Requests over healthy connections whose content is hostile. */

const FAR_FUTURE = 9_000_000_000_000;
/** A body may have 2 MiB. */
const LARGE = 1.9 * MIB;
/** Large promises that the attacks share, so that the disk does not fill. */
const LARGE_PROMISES = 40;
/** The length of the longest id that is accepted. */
const LONGEST_ID = 1_280;

const KINDS_BY_ID = ['promise.get', 'promise.settle', 'task.get', 'task.acquire', 'task.halt', 'schedule.get'];

const hugeIds: Attack = async (target) => {
  const { random } = target;
  const id = random.pick(['x', '\u{1F600}', '://', '?key=', 'a/']).repeat(random.pick([700, 20_000, 300_000]));
  const kind = random.pick(KINDS_BY_ID);
  await rpc(target, kind, { id, version: 0, pid: 'p', ttl: 1_000, state: 'resolved', value: {} });
  await rpc(target, 'promise.create', { id, timeoutAt: FAR_FUTURE, param: {}, tags: { [id]: id } });
  await rpc(target, 'promise.register_listener', { awaited: 'none', address: `http://${id}/` });
};

const deepJson: Attack = async (target) => {
  const depth = target.random.pick([100, 1_000, 100_000, 900_000]);
  const [open, close] = target.random.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ]);
  await post(target, envelope('promise.create', `${open.repeat(depth)}1${close.repeat(depth)}`));
};

const wideJson: Attack = async (target) => {
  const { random } = target;
  const count = random.pick([1_000, 50_000, 150_000]);
  const item = random.pick<(index: number) => string>([(index) => `"${index}":0`, (index) => `"${index}":[]`]);
  const entries = Array.from({ length: count }, (_, index) => item(index)).join();
  const tags = random.chance(0.5) ? `{"id":"wide","timeoutAt":1,"tags":{${entries}}}` : `{${entries}}`;
  await post(target, envelope('promise.create', tags));
};

const escapedSurrogates: Attack = async (target) => {
  const escape = target.random.pick(['\\ud800', '\\udc00', '\\ud83d\\ude00', '\\u0000']);
  const text = escape.repeat(target.random.pick([1, 10_000, Math.floor(LARGE / escape.length)]));
  await post(target, envelope('promise.create', `{"id":"odd","timeoutAt":1,"param":{"data":"${text}"}}`));
  await post(target, envelope('promise.get', `{"id":"${text}"}`));
};

const cronBombs: Attack = async (target) => {
  const { random } = target;
  const field = random.pick(['0-59,', '*/1,', '59-0,', '1/1,', '@', ' ', 'L,', '((((']);
  const cron = `${field.repeat(random.pick([5, 45, 1_000, 300_000]))}0 * * * *`;
  const id = `cron.${random.int(0, 20)}`;
  const data = {
    id,
    cron,
    promiseId: `${id}.run`,
    promiseTimeout: 1,
    timezone: random.pick(['UTC', 'x'.repeat(9_999)]),
  };
  await rpc(target, 'schedule.create', data);
  await rpc(target, 'schedule.preview', { id, limit: 1_000 });
  await rpc(target, 'schedule.delete', { id });
};

const templateBombs: Attack = async (target) => {
  const { random } = target;
  const id = `template.${random.int(0, 20)}.`.padEnd(random.pick([20, 600, LONGEST_ID]), 'i');
  const promiseId = random
    .pick(['{{.id}}', '{{.timestamp}}', '{{', '}}{{.id}'])
    .repeat(random.pick([2, 60, 600, 200_000]));
  const promiseTags = { 'resonate:target': `poll://any@${promiseId}` };
  await rpc(target, 'schedule.create', { id, cron: '* * * * * *', promiseId, promiseTimeout: 1_000, promiseTags });
  for (let count = 0; count < 3; count++) await rpc(target, 'schedule.trigger', { id });
  await rpc(target, 'schedule.delete', { id });
};

const largeId = (index: number) => `large.${index}`;

/** Creates one of the large promises and settles it. @param address of a listener, if it gets one. @returns its id. */
export async function largePromise(target: Target, address?: string): Promise<string> {
  const id = largeId(target.random.int(0, LARGE_PROMISES - 1));
  const data = target.random.pick(['x', '"', '\u{1F600}']).repeat(LARGE / 8);
  await rpc(target, 'promise.create', { id, timeoutAt: FAR_FUTURE, param: { data }, tags: { large: 'yes' } });
  if (address !== undefined) await rpc(target, 'promise.register_listener', { awaited: id, address });
  await rpc(target, 'promise.settle', { id, state: 'resolved', value: { data } });
  return id;
}

const largeSearches: Attack = async (target) => {
  await largePromise(target);
  const search = { limit: 1_000, ...(target.random.chance(0.5) && { tags: { large: 'yes' } }) };
  await Promise.all(Array.from({ length: 4 }, () => rpc(target, 'promise.search', search)));
};

/** Many simultaneous requests about large promises. They share a batch, which has to load all of these promises. */
const largeReads: Attack = async (target) => {
  await largePromise(target);
  const kind = target.random.pick(['promise.get', 'promise.create', 'promise.settle']);
  const data = { timeoutAt: FAR_FUTURE, param: {}, state: 'resolved', value: {} };
  const ids = Array.from({ length: LARGE_PROMISES }, (_, index) => largeId(index));
  await Promise.all(ids.map((id) => rpc(target, kind, { id, ...data })));
};

/** A worker that acquires a task of a branch with megabytes in it. */
const largeBranches: Attack = async (target) => {
  const { random } = target;
  const root = `branch.${random.int(0, 5)}`;
  const tags = { 'resonate:origin': root, 'resonate:branch': root };
  const data = 'x'.repeat(LARGE / 2);
  for (let count = 0; count < 4; count++) {
    const id = `${root}.${random.int(0, 15)}`;
    await rpc(target, 'promise.create', { id, timeoutAt: FAR_FUTURE, param: { data }, tags });
  }
  const task = { ...tags, 'resonate:target': 'poll://any@nobody' };
  await rpc(target, 'promise.create', { id: root, timeoutAt: FAR_FUTURE, param: {}, tags: task });
  const acquire = (version: number) => rpc(target, 'task.acquire', { id: root, version, pid: 'p', ttl: 1_000 });
  await Promise.all([0, 1, 2, 3, 4, 5].map(acquire));
};

/** Many large `unblock` messages at once, for targets that accept them slowly. */
const largePushes: Attack = async (target) => {
  const { random, sink } = target;
  const run = random.int(0, 2 ** 31);
  const data = 'x'.repeat(random.pick([LARGE / 40, LARGE / 2]));
  const ids = Array.from({ length: 25 }, (_, index) => `push.${run}.${index}`);
  for (const [index, id] of ids.entries()) {
    await rpc(target, 'promise.create', { id, timeoutAt: Date.now() + 60_000, param: {} });
    await rpc(target, 'promise.register_listener', { awaited: id, address: sink(index) });
  }
  await Promise.all(ids.map((id) => rpc(target, 'promise.settle', { id, state: 'resolved', value: { data } })));
  await pause(target, 1_000, 3_000);
};

const manyActions: Attack = async (target) => {
  const { random } = target;
  const id = `many.${random.int(0, 2 ** 31)}`;
  const tags = { 'resonate:target': 'poll://any@nobody' };
  const create = { kind: 'promise.create', head: {}, data: { id, timeoutAt: Date.now() + 60_000, param: {}, tags } };
  await rpc(target, 'task.create', { pid: 'p', ttl: 1_000, action: create });
  const actions = Array.from({ length: random.pick([10, 1_000, 10_000]) }, (_, index) => ({
    kind: 'promise.register_callback',
    head: {},
    data: { awaited: index === 0 ? largeId(0) : `none.${index}`, awaiter: id },
  }));
  await rpc(target, 'task.suspend', { id, version: 1, actions });
  const tasks = actions.map(({ data: { awaited } }) => ({ id: awaited, version: 1 }));
  await rpc(target, 'task.heartbeat', { pid: 'p', tasks });
};

const foreignOrigins: Attack = async (target) => {
  const { random } = target;
  const headers = random.pick<Record<string, string>>([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { host: 'evil.example' },
    { origin: 'http://127.0.0.1:1', 'content-type': 'text/plain' },
    { origin: 'x'.repeat(8_000) },
  ]);
  const status = await post(target, envelope('promise.create', '{"id":"foreign","timeoutAt":1}'), headers);
  if (status === 200) target.count('VIOLATION: a foreign page was served');
};

export const BODIES: Record<string, Attack> = {
  'huge ids': hugeIds,
  'deep JSON': deepJson,
  'wide JSON': wideJson,
  'escaped surrogates': escapedSurrogates,
  'cron bombs': cronBombs,
  'template bombs': templateBombs,
  'large searches': largeSearches,
  'large reads': largeReads,
  'large branches': largeBranches,
  'large pushes': largePushes,
  'many actions': manyActions,
  'foreign origins': foreignOrigins,
};
