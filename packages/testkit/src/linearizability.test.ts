import { describe, expect, test } from '@jest/globals';
import type { Reply } from '@resonate/protocol';
import { type GeneratedRequest, RequestGenerator } from './generator.ts';
import { assertLinearizable, checkLinearizability, type HistoryEvent, partitionHistory } from './linearizability.ts';
import { Random } from './random.ts';
import { ReferenceModel } from './reference-model.ts';

interface Simulation {
  seed: number;
  clients: number;
  requests: number;
  /** The share of requests (0 to 1) whose answer never arrives. */
  lost?: number;
}

/** What clients see of a correct server: each request takes effect at some instant between its call and its return. */
function simulate({ seed, clients, requests, lost = 0 }: Simulation): HistoryEvent[] {
  const random = new Random(seed);
  const generator = new RequestGenerator({ seed, timeless: true, invalidShare: lost > 0 ? 0 : 0.05 });
  const model = new ReferenceModel();
  const running = new Map<number, { event: HistoryEvent; request: GeneratedRequest; isDone: boolean }>();
  const history: HistoryEvent[] = [];
  for (let at = 1; history.length < requests; at++) {
    const client = random.int(1, clients);
    const current = running.get(client);
    if (!current) {
      const request = generator.next();
      const event = { client, callAt: at, returnAt: at, kind: request.kind, data: request.data };
      const isLost = random.chance(lost);
      running.set(client, { event, request, isDone: isLost && random.chance(0.5) });
      if (isLost) history.push(event);
    } else if (!current.isDone) {
      const { event, request } = current;
      const reply = model.handle(event.kind, event.data, at);
      generator.observe(request, reply);
      if (!history.includes(event)) event.reply = reply;
      current.isDone = true;
    } else {
      current.event.returnAt = at;
      if (current.event.reply) history.push(current.event);
      running.delete(client);
    }
  }
  return history;
}

const promise = (id: string, state: string, more: object = {}) => {
  return { id, state, param: {}, value: {}, tags: {}, timeoutAt: 9e12, createdAt: 1, ...more };
};

function event(client: number, times: [number, number], kind: string, data: object, reply?: Reply): HistoryEvent {
  return { client, callAt: times[0], returnAt: times[1], kind, data, ...(reply ? { reply } : {}) };
}

const ok = (data: unknown): Reply => ({ status: 200, data });
const create = (client: number, times: [number, number], id: string) => {
  return event(client, times, 'promise.create', { id, timeoutAt: 9e12 }, ok({ promise: promise(id, 'pending') }));
};
const settle = (client: number, times: [number, number], id: string, data: string, seen = data) => {
  const settled = promise(id, 'resolved', { value: { data: seen }, settledAt: 2 });
  return event(client, times, 'promise.settle', { id, state: 'resolved', value: { data } }, ok({ promise: settled }));
};
const get = (client: number, times: [number, number], id: string, seen?: string) => {
  const found =
    seen === undefined ? promise(id, 'pending') : promise(id, 'resolved', { value: { data: seen }, settledAt: 2 });
  return event(client, times, 'promise.get', { id }, ok({ promise: found }));
};

const target = { 'resonate:target': 'poll://any@g' };
const createTask = (client: number, times: [number, number], id: string) => {
  const reply = ok({ promise: promise(id, 'pending', { tags: target }) });
  return event(client, times, 'promise.create', { id, timeoutAt: 9e12, tags: target }, reply);
};
const acquire = (client: number, times: [number, number], id: string, version: number) => {
  const owner = { pid: `p${client}`, ttl: 1e12 };
  const task = { id, state: 'acquired', version: version + 1, resumes: 0, ...owner };
  const reply = ok({ task, promise: promise(id, 'pending', { tags: target }), preload: [] });
  return event(client, times, 'task.acquire', { id, version, ...owner }, reply);
};

describe('a linearizable history is accepted', () => {
  test('when requests come one after the other', () => {
    const history = [
      create(1, [1, 2], 'a'),
      get(1, [3, 4], 'a'),
      settle(2, [5, 6], 'a', 'x'),
      get(1, [7, 8], 'a', 'x'),
    ];
    expect(checkLinearizability(history)).toMatchObject({ verdict: 'linearizable' });
  });

  test('when concurrent reads see either side of a write', () => {
    const history = [
      create(1, [1, 2], 'a'),
      settle(1, [3, 9], 'a', 'x'),
      get(2, [4, 5], 'a'),
      get(3, [4, 6], 'a', 'x'),
    ];
    expect(() => assertLinearizable(history)).not.toThrow();
  });

  test('when an unanswered request took effect, and when it did not', () => {
    const lost = event(1, [3, 4], 'promise.settle', { id: 'a', state: 'resolved', value: { data: 'x' } });
    const busy = { ...lost, reply: { status: 503, data: 'try again' } };
    for (const unknown of [lost, busy]) {
      expect(checkLinearizability([create(1, [1, 2], 'a'), unknown, get(2, [8, 9], 'a', 'x')]).verdict).toBe(
        'linearizable',
      );
      expect(checkLinearizability([create(1, [1, 2], 'a'), unknown, get(2, [8, 9], 'a')]).verdict).toBe('linearizable');
    }
  });

  test.each([1, 2])('when 12 clients send 4,000 requests and some answers are lost (seed %i)', (seed) => {
    const history = simulate({ seed, clients: 12, requests: 4_000, lost: 0.02 });
    expect(checkLinearizability(history)).toMatchObject({ verdict: 'linearizable', explanation: '' });
  });
});

describe('a history that is not linearizable is rejected', () => {
  test('when an update is lost: two clients are both told that they settled the promise', () => {
    const history = [create(1, [1, 2], 'a'), settle(1, [3, 9], 'a', 'x'), settle(2, [3, 9], 'a', 'y')];
    expect(checkLinearizability(history).verdict).toBe('violation');
    const right = [create(1, [1, 2], 'a'), settle(1, [3, 9], 'a', 'x'), settle(2, [3, 9], 'a', 'y', 'x')];
    expect(checkLinearizability(right).verdict).toBe('linearizable');
  });

  test('when a read is stale after the write was acknowledged', () => {
    const history = [create(1, [1, 2], 'a'), settle(1, [3, 4], 'a', 'x'), get(2, [5, 6], 'a')];
    expect(() => assertLinearizable(history)).toThrow(/not linearizable[^]*client 2, 5 to 6: promise.get/);
  });

  test('when one reader sees a write and a later one does not', () => {
    const history = [
      create(1, [1, 2], 'a'),
      settle(1, [3, 20], 'a', 'x'),
      get(2, [4, 5], 'a', 'x'),
      get(3, [6, 7], 'a'),
    ];
    expect(checkLinearizability(history).verdict).toBe('violation');
  });

  test('when two clients acquire one version of a task', () => {
    const history = [createTask(1, [1, 2], 't'), acquire(2, [3, 9], 't', 0), acquire(3, [4, 8], 't', 0)];
    expect(checkLinearizability(history).verdict).toBe('violation');
    const refused = event(
      3,
      [4, 8],
      'task.acquire',
      { id: 't', version: 0, pid: 'p3', ttl: 9 },
      { status: 409, data: 'no' },
    );
    expect(checkLinearizability([...history.slice(0, 2), refused]).verdict).toBe('linearizable');
  });

  test('when a resume is lost: the awaited promise is settled and the awaiter is still suspended', () => {
    const action = { kind: 'promise.register_callback', head: {}, data: { awaited: 'a', awaiter: 't' } };
    const suspended = { task: { id: 't', state: 'suspended', version: 1, resumes: 0 } };
    const history = [
      create(1, [1, 2], 'a'),
      createTask(1, [1, 2], 't'),
      acquire(2, [3, 4], 't', 0),
      event(2, [5, 9], 'task.suspend', { id: 't', version: 1, actions: [action] }, ok({})),
      settle(1, [5, 9], 'a', 'x'),
      event(1, [10, 11], 'task.get', { id: 't' }, ok(suspended)),
    ];
    expect(checkLinearizability(history).verdict).toBe('violation');
  });

  test.each([11, 12])('when one answer among 1,500 of 8 clients is wrong (seed %i)', (seed) => {
    const history = simulate({ seed, clients: 8, requests: 1_500, lost: 0.01 });
    const acquires = history.filter(({ kind, reply }) => kind === 'task.acquire' && reply?.status === 200);
    const victim = new Random(seed).pick(acquires);
    victim.reply = { status: 409, data: 'somebody was faster' };
    expect(checkLinearizability(history)).toMatchObject({ verdict: 'violation' });
  });
});

describe('checking a history', () => {
  test('is undecided when it takes more steps than allowed', () => {
    const history = simulate({ seed: 5, clients: 8, requests: 200 });
    expect(checkLinearizability(history, { maxSteps: 10 }).verdict).toBe('undecided');
    expect(() => assertLinearizable(history, { maxSteps: 10 })).toThrow(/undecided after \d+ steps/);
  });

  test('separates promises that no request or branch connects', () => {
    const branch = { 'resonate:branch': 'b' };
    const connected = [
      event(1, [1, 2], 'promise.create', { id: 'x', timeoutAt: 9e12, tags: branch }),
      event(1, [1, 2], 'promise.create', { id: 'y', timeoutAt: 9e12, tags: branch }),
      event(1, [1, 2], 'promise.register_callback', { awaited: 'y', awaiter: 'z' }),
    ];
    const history = [create(1, [1, 2], 'a'), create(1, [1, 2], 'b'), get(1, [1, 2], 'a'), ...connected];
    expect(partitionHistory(history).map((part) => part.length)).toEqual([2, 1, 3]);
    expect(partitionHistory([...history, event(1, [3, 4], 'promise.search', {})])).toHaveLength(1);
  });

  test('the steps of a task.fulfill belong to the history of its promise', () => {
    const steps = [{ create: { id: 'child' }, settle: { id: 'child', state: 'resolved' } }];
    const fulfill = event(1, [0, 1], 'task.fulfill', { id: 'root', version: 1, steps });
    expect(
      partitionHistory([fulfill, get(2, [2, 3], 'child'), get(2, [4, 5], 'other')]).map((part) => part.length),
    ).toEqual([2, 1]);
  });

  test('refuses debug requests', () => {
    expect(() => checkLinearizability([event(1, [1, 2], 'debug.reset', {})])).toThrow(/debug.reset/);
  });
});
