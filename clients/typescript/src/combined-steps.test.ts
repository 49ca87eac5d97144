import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Request } from '@resonatehq/sdk';
import { CombinedSteps } from './combined-steps.ts';
import { RequestTooLarge, UnexpectedStatus } from './connection.ts';
import { HEAD, Server } from './fake-server.fixture.ts';

const NOW = 1_000_000;
const TAGS = {
  'resonate:scope': 'local',
  'resonate:branch': 'wf',
  'resonate:parent': 'wf',
  'resonate:origin': 'wf',
};

let server: Server;
let steps: CombinedSteps;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  server = new Server();
  steps = new CombinedSteps(server.forward, () => NOW);
});

afterEach(() => {
  jest.useRealTimers();
});

const create = (id: string, { tags = {}, timeoutAt = 9e12, version = 1 } = {}) =>
  steps.send({
    kind: 'task.fence',
    head: HEAD,
    data: {
      id: 'wf',
      version,
      action: {
        kind: 'promise.create',
        head: HEAD,
        data: { id, timeoutAt, param: { data: 'x' }, tags: { ...TAGS, ...tags } },
      },
    },
  });

const settle = (id: string, version = 1, data = 'y') =>
  steps.send({
    kind: 'task.fence',
    head: HEAD,
    data: {
      id: 'wf',
      version,
      action: { kind: 'promise.settle', head: HEAD, data: { id, state: 'resolved', value: { data } } },
    },
  });

/** So near to its timeout that only the create of the step is answered early, and its settle is not. */
const NEAR = { timeoutAt: NOW + 30_000 };

const end = (kind: 'task.fulfill' | 'task.release') => {
  const action = { kind: 'promise.settle', head: HEAD, data: { id: 'wf', state: 'resolved', value: { data: 'z' } } };
  return steps.send({ kind, head: HEAD, data: { id: 'wf', version: 1, action } } as Request);
};

const suspend = () => steps.send({ kind: 'task.suspend', head: HEAD, data: { id: 'wf', version: 1, actions: [] } });

/** The worker acquires the task `wf`. */
async function acquire(answer: { version?: number; preload?: object[]; preloadPartial?: boolean } = {}): Promise<void> {
  const { version = 1, preload = [], ...more } = answer;
  const acquired = steps.send({
    kind: 'task.acquire',
    head: HEAD,
    data: { id: 'wf', version: version - 1, pid: 'p', ttl: 1_000 },
  });
  server.answer(200, {
    task: { id: 'wf', state: 'acquired', version, resumes: 0 },
    promise: { id: 'wf', state: 'pending', tags: { 'resonate:branch': 'wf' } },
    preload,
    ...more,
  });
  await acquired;
  server.sent.length = 0;
}

/** Waits until all pending callbacks of promises have run. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the create of a step', () => {
  test('is answered at once, and sent together with the settle', async () => {
    await acquire();
    expect(await create('wf.1', NEAR)).toMatchObject({
      kind: 'task.fence',
      head: { status: 200, corrId: 'c' },
      data: {
        action: { head: { status: 200 }, data: { promise: { id: 'wf.1', state: 'pending', param: { data: 'x' } } } },
        preload: [],
      },
    });
    expect(server.kinds()).toEqual([]);
    const settled = settle('wf.1');
    expect(server.kinds()).toEqual(['create wf.1', 'settle wf.1']);
    server.fenced({ state: 'pending' });
    server.fenced({ state: 'resolved' });
    expect(await settled).toMatchObject({ data: { action: { data: { promise: { state: 'resolved' } } } } });
  });

  test('is sent alone if the step takes longer', async () => {
    await acquire();
    await create('wf.1');
    jest.advanceTimersByTime(4);
    expect(server.kinds()).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(server.kinds()).toEqual(['create wf.1']);
    void settle('wf.1');
    expect(server.kinds()).toEqual(['settle wf.1']);
  });

  test('is sent before all further requests of the task, in order', async () => {
    await acquire();
    await create('wf.1');
    await create('wf.2');
    void create('remote', { tags: { 'resonate:scope': 'global' } });
    expect(server.kinds()).toEqual(['create wf.1', 'create wf.2', 'create remote']);
    await create('wf.3');
    void suspend();
    expect(server.kinds()).toEqual(['create wf.3', 'task.suspend']);
  });

  test.each([
    ['of a promise that came with the task', () => create('there')],
    ['of another branch', () => create('wf.1', { tags: { 'resonate:branch': 'other' } })],
    ['that another worker runs', () => create('wf.1', { tags: { 'resonate:scope': 'global' } })],
    ['with a tag that the server acts on', () => create('wf.1', { tags: { 'resonate:target': 'poll://any@g' } })],
    ['that may be late', () => create('wf.1', { timeoutAt: NOW + 500 })],
    ['of an older lease', () => create('wf.1', { version: 0 })],
  ])('%s is forwarded', async (_, send) => {
    await acquire({ preload: [{ id: 'there' }] });
    void send();
    expect(server.sent).toHaveLength(1);
  });

  test('is forwarded if the branch is incomplete', async () => {
    await acquire({ preloadPartial: true });
    void create('wf.1');
    expect(server.kinds()).toEqual(['create wf.1']);
  });

  test('is forwarded if the worker no longer holds the task', async () => {
    await acquire();
    void end('task.release');
    void create('wf.1');
    expect(server.kinds()).toEqual(['task.release', 'create wf.1']);
  });

  test('uses the new branch if a suspended task continues at once', async () => {
    await acquire();
    const suspended = suspend();
    server.answer(300, { preload: [{ id: 'wf.1' }] });
    await suspended;
    expect(server.kinds()).toEqual(['task.suspend']);
    void create('wf.1');
    expect(server.kinds()).toEqual(['create wf.1']);
    await create('wf.2');
    expect(server.kinds()).toEqual([]);
  });
});

describe('the settle of a step', () => {
  /** A step whose create and settle were answered early. */
  async function step(id = 'wf.1'): Promise<void> {
    await create(id);
    expect(await settle(id)).toMatchObject({
      data: { action: { data: { promise: { id, state: 'resolved', value: { data: 'y' }, settledAt: NOW } } } },
    });
  }

  /** The server stores the oldest step that was sent. */
  function stores(): void {
    server.fenced({ state: 'pending' });
    server.fenced({ state: 'resolved', timeoutAt: 9e12 });
  }

  function endLater(): Promise<unknown> {
    jest.advanceTimersByTime(5);
    return end('task.fulfill');
  }

  beforeEach(() => acquire());

  test('is answered at once, and sent together with the end of the workflow', async () => {
    await step();
    expect(server.kinds()).toEqual([]);
    const ended = end('task.fulfill');
    const wanted = {
      create: { id: 'wf.1', timeoutAt: 9e12, param: { data: 'x' }, tags: TAGS },
      settle: { id: 'wf.1', state: 'resolved', value: { data: 'y' } },
    };
    expect(server.sent).toEqual([expect.objectContaining({ kind: 'task.fulfill' })]);
    expect(server.sent[0]?.data).toMatchObject({ id: 'wf', steps: [wanted] });
    server.answer(200, {});
    expect(await ended).toMatchObject({ kind: 'task.fulfill', head: { status: 200 } });
    jest.advanceTimersByTime(10);
    expect(server.sent).toHaveLength(1);
  });

  test.each([
    ['a step', () => create('wf.2'), []],
    ['a call of another worker', () => create('remote', { tags: { 'resonate:scope': 'global' } }), ['create remote']],
    ['a suspension', suspend, ['task.suspend']],
    ['a release', () => end('task.release'), ['task.release']],
    ['the end of the workflow, if the settle was sent before it', endLater, ['task.fulfill']],
  ])('is stored before %s', async (_, next, sent) => {
    await step();
    let isAnswered = false;
    const answered = next().then(() => (isAnswered = true));
    await turn();
    expect(server.kinds()).toEqual(['create wf.1', 'settle wf.1']);
    expect(isAnswered).toBe(false);
    stores();
    await turn();
    expect(server.kinds()).toEqual(sent);
    if (sent.length > 0) server.answer(200, {});
    await answered;
  });

  test('is sent after 5 ms if the workflow does something else', async () => {
    await step();
    jest.advanceTimersByTime(5);
    expect(server.kinds()).toEqual(['create wf.1', 'settle wf.1']);
  });

  test.each([
    ['large', 'y'.repeat(4_097)],
    ['not plain text', '\ud800'],
  ])('waits for the server if its value is %s', async (_, data) => {
    await create('wf.1');
    const settled = settle('wf.1', 1, data);
    expect(server.kinds()).toEqual(['create wf.1', 'settle wf.1']);
    stores();
    expect(await settled).toMatchObject({ data: { action: { head: { status: 200 } } } });
  });

  test.each([
    ['the lease is lost', () => server.answer(409, 'lost'), { head: { status: 409 }, data: 'lost' }],
    [
      'the promise has timed out',
      () => server.fenced({ state: 'rejected_timedout' }),
      { head: { status: 409 }, data: 'somebody else: it is rejected_timedout' },
    ],
  ])('is refused if %s; nothing more of the task is stored', async (_, answer, refusal) => {
    await step();
    const next = create('wf.2');
    answer();
    answer();
    expect(await next).toMatchObject({ ...refusal, data: expect.stringContaining(refusal.data) });
    server.sent.length = 0;
    await expect(end('task.fulfill')).rejects.toThrow(refusal.data);
    expect(server.kinds()).toEqual([]);
  });

  test('is refused together with the end of the workflow: the next run sends the create before the step', async () => {
    await step();
    const ended = end('task.fulfill');
    server.answer(409, 'Promise wf.1 already exists');
    await expect(ended).rejects.toThrow('the server refused to complete workflow wf: Promise wf.1 already exists');
    await acquire({ version: 2 });
    void create('wf.1', { version: 2 });
    expect(server.kinds()).toEqual(['create wf.1']);
  });

  test('is stored before the end of the workflow if both together are larger than the server accepts', async () => {
    await step();
    const ended = end('task.fulfill');
    server.fail(new RequestTooLarge('the request is larger than the server accepts'));
    await turn();
    expect(server.kinds()).toEqual(['task.fulfill', 'create wf.1', 'settle wf.1']);
    stores();
    await turn();
    expect(server.sent.map(({ data }) => data)).toEqual([expect.not.objectContaining({ steps: expect.anything() })]);
    server.answer(200, {});
    expect(await ended).toMatchObject({ kind: 'task.fulfill', head: { status: 200 } });
  });

  test('is sent alone in the next run if the request with the end of the workflow failed', async () => {
    await step();
    const ended = end('task.fulfill');
    server.fail();
    await expect(ended).rejects.toThrow('connection lost');
    await acquire({ version: 2 });
    void create('wf.1', { version: 2 });
    expect(server.kinds()).toEqual(['create wf.1']);
  });

  test('is sent before the end of the workflow if there are more than 16', async () => {
    for (let n = 1; n <= 17; n++) await create(`wf.${n}`);
    for (let n = 1; n <= 17; n++) await settle(`wf.${n}`);
    void end('task.fulfill');
    await turn();
    expect(server.kinds()).toHaveLength(34);
  });
});

describe('a create that the server refuses', () => {
  test('because the lease is lost fails the settle; nothing more of the task is stored', async () => {
    await acquire();
    await create('wf.1', NEAR);
    const settled = settle('wf.1');
    server.answer(409, 'Task is not acquired at this version');
    server.answer(409, 'Task is not acquired at this version');
    expect(await settled).toMatchObject({
      kind: 'task.fence',
      head: { status: 409, corrId: 'c' },
      data: expect.any(String),
    });
    server.sent.length = 0;
    expect(await create('wf.2')).toMatchObject({ head: { status: 409 } });
    expect(server.kinds()).toEqual([]);
    void end('task.release');
    expect(server.kinds()).toEqual(['task.release']);
  });

  test('because the connection broke fails the settle, too, even if the server accepted the settle', async () => {
    await acquire();
    await create('wf.1', NEAR);
    const settled = settle('wf.1');
    server.fail();
    server.fenced({ state: 'resolved' });
    await expect(settled).rejects.toThrow('connection lost');
  });

  test('before the step ends prevents sending the settle', async () => {
    await acquire();
    await create('wf.1');
    jest.advanceTimersByTime(5);
    server.answer(409, 'lost');
    await turn();
    server.sent.length = 0;
    expect(await settle('wf.1')).toMatchObject({ head: { status: 409 } });
    expect(server.kinds()).toEqual([]);
  });

  test.each([
    ['settled by somebody else', { state: 'resolved' }],
    ['created by somebody else', { state: 'pending', timeoutAt: 5 }],
  ])('because the promise was %s ends the run; the next run sends the create before the step', async (_, promise) => {
    await acquire();
    await create('wf.1', NEAR);
    const settled = settle('wf.1');
    server.fenced(promise);
    server.fenced(promise);
    expect(await settled).toMatchObject({
      head: { status: 409 },
      data: expect.stringMatching(/^Promise wf\.1 was created or settled by somebody else: it is (resolved|pending), /),
    });
    await acquire({ version: 2 });
    void create('wf.1', { version: 2 });
    expect(server.kinds()).toEqual(['create wf.1']);
  });

  test('with a status that the SDK does not know fails the settle; the next run sends the create first', async () => {
    await acquire();
    await create('wf.1', NEAR);
    const settled = settle('wf.1');
    server.fail(new UnexpectedStatus('the server answered 400: the id is too long'));
    server.fail(new UnexpectedStatus('the server answered 400: the id is too long'));
    await expect(settled).rejects.toThrow('the id is too long');
    await acquire({ version: 2 });
    void create('wf.1', { version: 2 });
    expect(server.kinds()).toEqual(['create wf.1']);
  });

  test('because it breaks a rule fails the settle', async () => {
    await acquire();
    await create('wf.1', NEAR);
    const settled = settle('wf.1');
    server.fenced({}, 400);
    server.fenced({}, 404);
    expect(await settled).toMatchObject({ head: { status: 400 } });
  });
});

test('a settle that overtook its create is sent again', async () => {
  await acquire();
  await create('wf.1', NEAR);
  const settled = settle('wf.1');
  server.fenced({ state: 'pending' });
  server.fenced({}, 404);
  await turn();
  expect(server.kinds()).toEqual(['create wf.1', 'settle wf.1', 'settle wf.1']);
  server.fenced({ state: 'resolved' });
  expect(await settled).toMatchObject({ data: { action: { head: { status: 200 } } } });
});

test('requests without a task are forwarded unchanged', async () => {
  const got = steps.send({ kind: 'promise.get', head: HEAD, data: { id: 'p' } });
  server.answer(404, 'not found');
  expect(await got).toMatchObject({ head: { status: 404 } });
});
