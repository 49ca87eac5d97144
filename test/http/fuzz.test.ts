import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { checkInvariants, type GeneratedRequest, Random, RequestGenerator, rounds, type Snap } from '@resonate/testkit';
import { EventStream } from '../processes/event-stream.ts';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { mutated } from './mutations.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

const BODIES = rounds(5_000, 100_000);
const IN_FLIGHT = 32;
/** After this many requests a new generator starts at the present time, because its times run ahead of the clock. */
const GENERATOR_LIFE = 500;
const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const REPLAY = `TEST_SEED=${SEED} npm test -- test/http/fuzz.test.ts`;
const EXPECTED_STATUSES = new Set([200, 300, 400, 404, 409, 422]);

let server: ServerProcess;
let client: HttpClient;

beforeAll(async () => {
  server = await ServerProcess.start({ args: ['--debug', '--transports-http-push-enabled', 'false'] });
  client = new HttpClient(server.url, IN_FLIGHT);
});

afterAll(async () => {
  client?.close();
  await server?.dispose();
});

class Fuzzer {
  readonly answers = new Map<number, number>();
  readonly #random = new Random(SEED);
  #generator = this.#newGenerator();
  #made = 0;

  /** Sends bodies one after the other, until all callers together have sent enough. */
  async run(): Promise<void> {
    while (this.#made < BODIES) {
      this.#made += 1;
      if (this.#made % GENERATOR_LIFE === 0) this.#generator = this.#newGenerator();
      await this.#send();
    }
  }

  async #send(): Promise<void> {
    const generator = this.#generator;
    const request = nextOf(generator);
    const { kind, data } = request;
    const head = { corrId: 'c', version: '2026-04-01' };
    const { body, isValid } = mutated(this.#random, { kind, head, data });
    try {
      const answer = await client.post(body);
      if (!EXPECTED_STATUSES.has(answer.status)) throw new Error(`${answer.status} ${String(answer.data)}`);
      if (isValid) generator.observe(request, answer);
      this.answers.set(answer.status, (this.answers.get(answer.status) ?? 0) + 1);
    } catch (cause) {
      const text = body.subarray(0, 5_000).toString('latin1');
      throw new Error(`${String(cause)}\nbody (as latin1): ${text}\nrun it again: ${REPLAY}`, { cause });
    }
  }

  #newGenerator(): RequestGenerator {
    return new RequestGenerator({ seed: this.#random.int(0, 2 ** 31), startAt: Date.now(), weights: WEIGHTS });
  }
}

const WEIGHTS = {
  ...{ 'promise.get': 4, 'promise.create': 10, 'promise.settle': 5, 'promise.search': 2 },
  ...{ 'promise.register_callback': 6, 'promise.register_listener': 4 },
  ...{ 'task.get': 3, 'task.create': 8, 'task.acquire': 10, 'task.release': 4, 'task.fulfill': 4, 'task.suspend': 8 },
  ...{ 'task.fence': 6, 'task.heartbeat': 4, 'task.halt': 3, 'task.continue': 3, 'task.search': 2 },
  ...{ 'schedule.get': 1, 'schedule.create': 2, 'schedule.update': 1, 'schedule.delete': 1, 'schedule.search': 1 },
  ...{ 'schedule.pause': 0.5, 'schedule.resume': 1, 'schedule.trigger': 1, 'schedule.preview': 0.5 },
};

/** Skips debug operations, because even a damaged one might change the clock. */
function nextOf(generator: RequestGenerator): GeneratedRequest {
  const request = generator.next();
  return request.kind.startsWith('debug.') ? nextOf(generator) : request;
}

/** How far the final tick goes. So nothing is due when the server looks for due timers after its restart. */
const AHEAD_MS = 60 * 60_000;

/** The state after a tick that fires everything that is due until long after this test. */
async function settledSnap(): Promise<Snap> {
  const now = Date.now() + AHEAD_MS;
  await client.rpc('debug.start', {});
  await client.rpc('debug.tick', { time: now }, now);
  return (await client.rpc('debug.snap', {}, now)).data as Snap;
}

test(`${BODIES} bodies, most of them damaged, all get a status below 500 and leave the state consistent`, async () => {
  const pid = server.pid;
  const streams = await Promise.all(
    ['/poll/g1/w1', '/poll/g2/w9', '/poll/g9/any'].map((path) => EventStream.open(server.url, path)),
  );
  const fuzzer = new Fuzzer();
  await Promise.all(Array.from({ length: IN_FLIGHT }, () => fuzzer.run()));
  console.log(`seed ${SEED}, answers: ${JSON.stringify(Object.fromEntries([...fuzzer.answers].sort()))}`);

  // Without many different answers, the run would have tested little.
  for (const status of EXPECTED_STATUSES) expect([status, fuzzer.answers.get(status) ?? 0]).not.toEqual([status, 0]);
  expect(fuzzer.answers.get(200)).toBeGreaterThan(BODIES / 10);
  expect(fuzzer.answers.get(400)).toBeGreaterThan(BODIES / 10);
  // By chance a stream may have got no message, so each gets one more. The streams still work.
  for (const target of ['poll://uni@g1/w1', 'poll://uni@g2/w9', 'poll://uni@g9/any']) {
    const call = {
      id: `after the fuzz ${target}`,
      timeoutAt: Date.now() + AHEAD_MS,
      tags: { 'resonate:target': target },
    };
    expect((await client.rpc('promise.create', call)).status).toBe(200);
  }
  await Promise.all(streams.map((stream) => stream.next()));
  expect(server.pid).toBe(pid);
  expect(server.output(2_000)).not.toContain('"level":"error"');

  const snap = await settledSnap();
  expect({ broken: checkInvariants(snap), replay: REPLAY }).toEqual({ broken: [], replay: REPLAY });

  for (const stream of streams) stream.break();
  await server.kill9();
  await server.restart();
  const { data } = await client.rpc('debug.snap', {});
  const { promises, tasks, callbacks, listeners } = data as Snap;
  expect(promises).toEqual(snap.promises);
  expect({ tasks, callbacks, listeners }).toEqual({
    tasks: snap.tasks,
    callbacks: snap.callbacks,
    listeners: snap.listeners,
  });
});
