import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Runtime } from '@resonate/process';
import { runtimeForTests } from '@resonate/process/runtime-for-tests';
import { StreamHub, type Stream } from '@resonate/transports';
import { PollDelivery } from './poll-delivery.ts';

let runtime: Runtime;
let hub: StreamHub;
let delivery: PollDelivery;

beforeEach(async () => {
  runtime = await runtimeForTests();
  hub = new StreamHub({ maxStreams: 10_000, bufferSize: 2, bufferBytes: 1_000_000, totalBufferBytes: 10_000_000 });
  delivery = new PollDelivery(runtime, hub);
});

afterEach(async () => {
  for (const stream of hub.streams()) hub.close(stream);
  await delivery.stop();
  await runtime.store.close();
});

/** A worker's connection. It accepts messages at once unless it stalls. */
class Worker {
  readonly stream: Stream;
  readonly #messages: string[] = [];
  readonly #unflushed: (() => void)[] = [];
  #wake: () => void = () => {};
  isStalled = false;

  constructor(group: string, id: string) {
    this.stream = hub.open(group, id, {
      write: (text, flushed) => {
        this.#messages.push(name(text));
        if (this.isStalled) this.#unflushed.push(flushed);
        else flushed();
        this.#wake();
      },
      end: () => {},
    });
  }

  async next(): Promise<string> {
    while (this.#messages.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#messages.shift()!;
  }

  get waiting(): number {
    return this.#messages.length;
  }

  goOn(): void {
    this.isStalled = false;
    this.#unflushed.splice(0).forEach((flushed) => flushed());
  }
}

function name(event: string): string {
  const message = JSON.parse(event.replace(/^data: /, '')) as { kind: string; data: Record<string, { id: string }> };
  return `${message.kind} ${(message.data['task'] ?? message.data['promise'])?.id}`;
}

async function create(id: string, target?: string): Promise<void> {
  const tags: Record<string, string> = target === undefined ? {} : { 'resonate:target': target };
  const data = { id, timeoutAt: Date.now() + 3_600_000, param: {}, tags };
  await runtime.store.execute({ kind: 'promise.create', data }, null, 0);
}

async function settleWithListener(id: string, address: string, value: { data?: string } = {}): Promise<void> {
  await create(id);
  await runtime.store.execute({ kind: 'promise.register_listener', data: { awaited: id, address } }, null, 0);
  await runtime.store.execute({ kind: 'promise.settle', data: { id, state: 'resolved', value } }, null, 0);
}

/** Throws if the condition is not true within ten seconds. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadlineAt = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadlineAt) throw new Error(`not within 10 s: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('a task that its worker releases', () => {
  async function giveBack(id: string, version: number): Promise<void> {
    const { store } = runtime;
    const acquired = await store.execute(
      { kind: 'task.acquire', data: { id, version, pid: 'p', ttl: 60_000 } },
      null,
      0,
    );
    expect(acquired.status).toBe(200);
    const { task } = acquired.data as { task: { version: number } };
    expect((await store.execute({ kind: 'task.release', data: { id, version: task.version } }, null, 0)).status).toBe(
      200,
    );
  }

  test.each(['poll://any@g', 'poll://any@g/a'])('goes to another worker of its group first: %s', async (target) => {
    await delivery.start();
    const [a, b] = [new Worker('g', 'a'), new Worker('g', 'b')];
    await create('w', target);
    expect(await a.next()).toBe('execute w');
    await giveBack('w', 0);
    expect(await b.next()).toBe('execute w');
    expect(a.waiting).toBe(0);
  });

  test('goes to the same worker if there is no other one', async () => {
    await delivery.start();
    const worker = new Worker('g', 'a');
    await create('w', 'poll://any@g');
    expect(await worker.next()).toBe('execute w');
    await giveBack('w', 0);
    expect(await worker.next()).toBe('execute w');
  });
});

describe('messages whose bytes do not fit into the buffer of a stalled stream', () => {
  const LARGE = { data: 'x'.repeat(400_000) };

  test.each([
    ['handed over in their own commits', true],
    ['found by the loop', false],
  ])('stay due in their rows, and are sent when it reads again: %s', async (_, isOpenBefore) => {
    hub = new StreamHub({ maxStreams: 10, bufferSize: 100, bufferBytes: 1_000_000, totalBufferBytes: 10_000_000 });
    delivery = new PollDelivery(runtime, hub);
    await delivery.start();
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const settle = async () => {
      for (const id of ids) await settleWithListener(id, 'poll://any@g', LARGE);
    };
    if (!isOpenBefore) await settle();
    const worker = new Worker('g', 'w');
    worker.isStalled = true;
    if (isOpenBefore) await settle();
    const arrived = [await worker.next(), await worker.next()];
    await until(async () => (await runtime.store.queues.backlog('poll', 10)).count === 3 || worker.waiting > 0);
    expect(worker.waiting).toBe(0);
    worker.goOn();
    while (arrived.length < ids.length) arrived.push(await worker.next());
    expect(arrived.sort()).toEqual(ids.map((id) => `unblock ${id}`));
  });
});

describe('a message for a worker', () => {
  test('waits until a stream opens, and is sent at once', async () => {
    await delivery.start();
    await create('w', 'poll://any@g');
    expect(await new Worker('g', 'a').next()).toBe('execute w');
  });

  test('is claimed by the commit that creates it if its stream is open', async () => {
    await delivery.start();
    const worker = new Worker('g', 'a');
    await create('w', 'poll://uni@g/a');
    expect(worker.waiting).toBe(1);
  });

  test('goes to another stream at once if the one that it was written to breaks', async () => {
    await delivery.start();
    const first = new Worker('g', 'a');
    await create('w', 'poll://any@g');
    expect(await first.next()).toBe('execute w');
    hub.close(first.stream);
    expect(await new Worker('g', 'b').next()).toBe('execute w');
  });

  test('is deleted, if it is an unblock, when its stream has stayed open for the settling time', async () => {
    await delivery.start();
    const worker = new Worker('g', 'a');
    await settleWithListener('p', 'poll://any@g');
    expect(await worker.next()).toBe('unblock p');
    expect(await runtime.store.queues.nextDueAt('poll', ['g'])).not.toBeNull();
    await until(async () => (await runtime.store.queues.nextDueAt('poll', ['g'])) === null);
    expect(worker.waiting).toBe(0);
  });

  test('is not deleted if its reader stalls and the stream breaks later', async () => {
    await delivery.start();
    const stalled = new Worker('g', 'a');
    stalled.isStalled = true;
    await settleWithListener('p', 'poll://any@g');
    expect(await stalled.next()).toBe('unblock p');
    // A later message to a healthy worker is deleted after the settling time.
    const healthy = new Worker('h', 'a');
    await settleWithListener('q', 'poll://any@h');
    expect(await healthy.next()).toBe('unblock q');
    await until(async () => (await runtime.store.queues.nextDueAt('poll', ['h'])) === null);
    hub.close(stalled.stream);
    expect(await new Worker('g', 'b').next()).toBe('unblock p');
  });
});

test.each([
  ['in its own commit', true],
  ['by the loop', false],
])('the text of a promise with many listeners is made once when they are told %s', async (_, isOpenBefore) => {
  await delivery.start();
  const workers: Worker[] = [];
  const open = () => {
    for (let index = 0; index < 40; index++) workers.push(new Worker('g', `w${index}`));
  };
  if (isOpenBefore) open();
  await create('p');
  for (let index = 0; index < 40; index++) {
    const data = { awaited: 'p', address: `poll://uni@g/w${index}` };
    await runtime.store.execute({ kind: 'promise.register_listener', data }, null, 0);
  }
  const stringify = jest.spyOn(JSON, 'stringify');
  const value = { data: 'told' };
  await runtime.store.execute({ kind: 'promise.settle', data: { id: 'p', state: 'resolved', value } }, null, 0);
  if (!isOpenBefore) open();
  for (const worker of workers) expect(await worker.next()).toBe('unblock p');
  const made = stringify.mock.calls.filter(([of]) => (of as { kind?: unknown } | null)?.kind === 'unblock');
  stringify.mockRestore();
  expect(made).toHaveLength(1);
});

describe('a slow worker', () => {
  test('gets as many messages as fit; the rest waits, in order, until it catches up', async () => {
    await delivery.start();
    const worker = new Worker('g', 'a');
    worker.isStalled = true;
    for (const id of ['1', '2', '3']) await create(id, 'poll://any@g');
    expect(worker.waiting).toBe(2);
    worker.goOn();
    expect([await worker.next(), await worker.next(), await worker.next()]).toEqual([
      'execute 1',
      'execute 2',
      'execute 3',
    ]);
  });

  test('leaves the messages of its group to other workers', async () => {
    await delivery.start();
    const [slow, quick] = [new Worker('g', 'slow'), new Worker('g', 'quick')];
    slow.isStalled = true;
    for (let index = 0; index < 10; index++) await create(`${index}`, 'poll://any@g');
    expect([slow.waiting, quick.waiting]).toEqual([2, 8]);
  });
});

describe('a claim only for targets that have changed', () => {
  /** `asked` has the targets of each claim so far. `next` resolves after the next claim. */
  function claims(): { asked: string[][]; next: () => Promise<void> } {
    const { outbox } = runtime.store;
    const asked: string[][] = [];
    let wake = () => {};
    const claim = outbox.claim.bind(outbox);
    jest.spyOn(outbox, 'claim').mockImplementation((due) => {
      asked.push(due.targets.map(({ target }) => target));
      return claim(due).finally(() => wake());
    });
    return { asked, next: () => new Promise((resolve) => (wake = resolve)) };
  }

  const hint = (target: string) => {
    const at = Date.now();
    runtime.store.hints.announce({
      timerAt: null,
      deliveries: new Map([['poll', { at, targets: new Map([[target, at]]) }]]),
    });
  };

  test('the cost of opening a stream does not depend on the number of open streams', async () => {
    await delivery.start();
    const { asked, next } = claims();
    for (let index = 0; index < 50; index++) {
      const looked = next();
      new Worker('g', `w${index}`);
      await looked;
    }
    expect(asked).toEqual(Array.from({ length: 50 }, (_, index) => ['g', `g/w${index}`]));
  });

  test('a hint of another process causes a claim for its target, but only if a stream here serves it', async () => {
    await delivery.start();
    const { asked, next } = claims();
    const opened = next();
    for (const id of ['a', 'b', 'c']) new Worker('g', id);
    await opened;
    asked.length = 0;
    const looked = next();
    for (const target of ['elsewhere', 'g/absent', 'g/b']) hint(target);
    await looked;
    expect(asked).toEqual([['g/b']]);
  });

  test('a message that no hint announced, such as one of a dead process, is found by the next scan', async () => {
    await delivery.start();
    const worker = new Worker('g', 'a');
    await create('w', 'poll://any@g');
    expect(await worker.next()).toBe('execute w');
    await runtime.store.outbox.release({ processIds: null });
    expect(await worker.next()).toBe('execute w');
  });
});

test('with more streams than targets in one claim, every group and every stream gets its turn', async () => {
  const many = Array.from({ length: 1_500 }, (_, index) => new Worker('g', `w${index}`));
  const other = new Worker('h', 'only');
  // The messages are due before the loop starts, so the loop must claim them.
  for (const [id, target] of Object.entries({ any: 'g', first: 'g/w0', last: 'g/w1499', other: 'h/only' })) {
    await create(id, target.includes('/') ? `poll://uni@${target}` : `poll://any@${target}`);
  }
  await delivery.start();
  expect(await other.next()).toBe('execute other');
  const last = many.at(-1)!;
  expect(await last.next()).toBe('execute last');
  await until(async () => many.reduce((sum, { waiting }) => sum + waiting, 0) === 2);
});

test('a stop records the messages that were lost with its streams, so that another process delivers them at once', async () => {
  await delivery.start();
  const worker = new Worker('g', 'a');
  await create('w', 'poll://any@g');
  expect(await worker.next()).toBe('execute w');
  hub.close(worker.stream);
  await delivery.stop();
  expect(await runtime.store.queues.nextDueAt('poll', ['g'])).toBeLessThanOrEqual(Date.now());
});

test('a stop records the messages that were delivered just before, so that nobody gets them again', async () => {
  await delivery.start();
  const worker = new Worker('g', 'a');
  await settleWithListener('p', 'poll://any@g');
  expect(await worker.next()).toBe('unblock p');
  await until(async () => (await runtime.metrics.deliveries.get()).values.some(({ value }) => value === 1));
  hub.close(worker.stream);
  await delivery.stop();
  expect(await runtime.store.queues.nextDueAt('poll', ['g'])).toBeNull();
});
