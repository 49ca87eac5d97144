import { describe, expect, test } from '@jest/globals';
import { executeMessage, type Reply } from '@resonate/protocol';
import { runDifferential, type Subject } from './differential.ts';
import type { Snap } from './invariants.ts';
import { ReferenceModel } from './reference-model.ts';

type Data = Record<string, unknown>;

/** A subject with a fault: `change` may answer instead of the model. */
function faulty(change: (model: ReferenceModel, kind: string, data: Data, now: number) => Reply | undefined): Subject {
  const model = new ReferenceModel();
  return {
    handle: (kind, data, now) => change(model, kind, data as Data, now) ?? model.handle(kind, data, now),
  };
}

async function run(subject: Subject, seed: number, steps = 400): Promise<string> {
  const replayCommand = `npm test -- differential --seed=${seed}`;
  try {
    await runDifferential({ seed, steps, subject, compareEvery: 20, replayCommand });
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

/** @returns the message of the first run that finds a difference. */
async function find(makeSubject: () => Subject): Promise<string> {
  for (let seed = 1; seed <= 40; seed++) {
    const message = await run(makeSubject(), seed);
    if (message) return message;
  }
  return '';
}

describe('a differential run', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('finds no difference between two equal models (seed %i)', async (seed) => {
    const report = await runDifferential({ seed, steps: 500, subject: new ReferenceModel() });
    expect(report.snaps).toBe(20);
    expect(report.answers.get('debug.snap 200')).toBeGreaterThanOrEqual(20);
    expect([...report.answers.values()].reduce((sum, count) => sum + count, 0)).toBe(500 + 2 * 20 + 1);
  });

  test('finds a difference if model and subject have different options, and none if they have the same', async () => {
    const options = { retryTimeoutMs: 7_000 };
    const differs = runDifferential({ seed: 1, steps: 100, subject: new ReferenceModel(options) });
    await expect(differs).rejects.toThrow('differs');
    await runDifferential({ seed: 1, steps: 100, subject: new ReferenceModel(options), model: options });
  });

  const faults: Record<string, () => Subject> = {
    'a callback that is not remembered': () =>
      faulty((model, kind, data, now) => {
        if (kind !== 'promise.register_callback') return undefined;
        const reply = model.clone().handle(kind, data, now);
        return reply.status === 200 ? model.handle('promise.get', { id: data['awaited'] }, now) : undefined;
      }),
    'a listener that is not remembered': () =>
      faulty((model, kind, data, now) => {
        return kind === 'promise.register_listener' ? model.clone().handle(kind, data, now) : undefined;
      }),
    'a get that does not settle an expired promise': () =>
      faulty((model, kind, data, now) => (kind === 'promise.get' ? model.clone().handle(kind, data, now) : undefined)),
    'a heartbeat that does not extend the lease': () =>
      faulty((model, kind, data, now) =>
        kind === 'task.heartbeat' ? model.clone().handle(kind, data, now) : undefined,
      ),
    'a tick that is a millisecond late': () =>
      faulty((model, kind, data, now) => {
        return kind === 'debug.tick' ? model.handle(kind, { time: Number(data['time']) - 1 }, now) : undefined;
      }),
    'an acquire that ignores the version': () =>
      faulty((model, kind, data, now) => {
        if (kind !== 'task.acquire') return undefined;
        const found = model.handle('task.get', { id: data['id'] }, now).data as { task?: { version: number } };
        return found.task ? model.handle(kind, { ...data, version: found.task.version }, now) : undefined;
      }),
    'a page without its cursor': () =>
      faulty((model, kind, data, now) => {
        const reply = kind.endsWith('.search') ? model.handle(kind, data, now) : undefined;
        if (reply?.status === 200) delete (reply.data as Data)['cursor'];
        return reply;
      }),
    'a suspend that waits only for the first awaited promise': () =>
      faulty((model, kind, data, now) => {
        const actions = data['actions'];
        if (kind !== 'task.suspend' || !Array.isArray(actions)) return undefined;
        const reply = model.clone().handle(kind, data, now);
        return reply.status === 200 ? model.handle(kind, { ...data, actions: actions.slice(0, 1) }, now) : undefined;
      }),
    'a fence whose action runs although the task is not held': () =>
      faulty((model, kind, data, now) => {
        if (kind !== 'task.fence' || model.clone().handle(kind, data, now).status !== 409) return undefined;
        const action = data['action'] as { kind: string; data: Data };
        model.handle(action.kind, action.data, now);
        return { status: 409, data: 'not acquired' };
      }),
  };

  test.each(Object.keys(faults))('finds %s', async (fault) => {
    expect(await find(faults[fault]!)).toMatch(/differs from the reference model's/);
  });

  test('says how to run it again and what led to the difference', async () => {
    const message = await find(faults['a callback that is not remembered']!);
    expect(message).toMatch(/the answer to step \d+ of seed (\d+) differs/);
    expect(message).toMatch(/run it again: npm test -- differential --seed=\d+$/);
    expect(message).toMatch(/request: {2}\d+ \S+ \{.*\}/);
    expect(message).toMatch(/^expected: \{"status"/m);
    expect(message).toMatch(/^got: {6}\{"status"/m);
    expect(message).toMatch(/the last requests about .*:\n( {2}\d+: \d+ \S+ .* -> \d{3}\n){1,10}/);
  });

  test('checks the invariants of the outbox, which is not compared', async () => {
    const subject = faulty((model, kind, data, now) => {
      const reply = kind === 'debug.snap' ? model.handle(kind, data, now) : undefined;
      const stale = { address: 'poll://any@g', message: executeMessage('', 'never-created', 0) };
      if (reply) (reply.data as Snap).messages.push(stale);
      return reply;
    });
    expect(await run(subject, 1)).toMatch(
      /invariants broken after step 20\n.*never-created is not pending[^]*--seed=1$/,
    );
  });
});
