import { describe, expect, test } from '@jest/globals';
import { checkRequest, isKind } from '@resonate/protocol';
import { type GeneratedRequest, type GeneratorOptions, RequestGenerator } from './generator.ts';
import { ReferenceModel } from './reference-model.ts';

interface Answered extends GeneratedRequest {
  status: number;
}

function generate(options: GeneratorOptions, count: number): Answered[] {
  const generator = new RequestGenerator(options);
  const model = new ReferenceModel();
  return Array.from({ length: count }, () => {
    const request = generator.next();
    const reply = model.handle(request.kind, request.data, request.now);
    generator.observe(request, reply);
    return { ...request, status: reply.status };
  });
}

describe('the request generator', () => {
  const requests = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((seed) => generate({ seed }, 1_000));

  test('repeats itself from the same seed, and differs from another', () => {
    expect(generate({ seed: 3 }, 300)).toEqual(generate({ seed: 3 }, 300));
    expect(generate({ seed: 3 }, 300)).not.toEqual(generate({ seed: 4 }, 300));
  });

  test('never lets time run backwards', () => {
    const times = generate({ seed: 9 }, 2_000).map(({ now }) => now);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('reaches every outcome of every kind', () => {
    const reached = new Set(requests.map(({ kind, status }) => `${kind} ${status}`));
    const outcomes: Record<string, number[]> = {
      'promise.get': [200, 404],
      'promise.create': [200],
      'promise.settle': [200, 404],
      'promise.register_callback': [200, 404, 422],
      'promise.register_listener': [200, 404],
      'promise.search': [200],
      'task.get': [200, 404],
      'task.create': [200, 409, 422],
      'task.acquire': [200, 404, 409],
      'task.release': [200, 404, 409],
      'task.fulfill': [200, 404, 409],
      'task.suspend': [200, 300, 404, 409, 422],
      'task.fence': [200, 404, 409],
      'task.heartbeat': [200],
      'task.halt': [200, 404, 409],
      'task.continue': [200, 404, 409],
      'task.search': [200],
      'schedule.get': [200, 404],
      'schedule.create': [200],
      'schedule.update': [200, 404],
      'schedule.delete': [200, 404],
      'schedule.pause': [200, 404],
      'schedule.resume': [200, 404],
      'schedule.trigger': [200, 404, 409],
      'schedule.preview': [200, 404],
      'schedule.search': [200],
      'debug.tick': [200],
      'debug.snap': [200],
    };
    const wanted = Object.entries(outcomes).flatMap(([kind, statuses]) =>
      statuses.map((status) => `${kind} ${status}`),
    );
    expect(wanted.filter((outcome) => !reached.has(outcome))).toEqual([]);
  });

  test('breaks a rule in about 5 percent of the requests, and the protocol package refuses exactly these', () => {
    const refused = requests.filter(({ kind, data }) => !isKind(kind) || !checkRequest(kind, data).ok);
    expect(refused.length / requests.length).toBeGreaterThan(0.03);
    expect(refused.length / requests.length).toBeLessThan(0.07);
    expect(requests.filter(({ status }) => status === 400)).toEqual(refused);
  });

  test('makes a timeless history with all task transitions that requests cause', () => {
    const timeless = generate({ seed: 5, timeless: true, invalidShare: 0 }, 3_000);
    expect(new Set(timeless.map(({ now }) => now)).size).toBe(1);
    expect(timeless.filter(({ kind }) => /^(debug|schedule)\.|search$/.test(kind))).toEqual([]);
    const reached = new Set(timeless.map(({ kind, status }) => `${kind} ${status}`));
    const wanted = ['task.acquire 200', 'task.suspend 200', 'task.suspend 300', 'task.fence 200', 'task.fulfill 200'];
    expect(wanted.filter((outcome) => !reached.has(outcome))).toEqual([]);
  });

  test('refuses to observe a request that it has not made', () => {
    const generator = new RequestGenerator({ seed: 1 });
    const strange = { kind: 'promise.get', data: { id: 'a' }, now: 1 };
    expect(() => generator.observe(strange, { status: 404, data: '' })).toThrow(/not a request of this generator/);
  });
});
