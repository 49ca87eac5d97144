import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { checkLinearizability, RequestGenerator, type HistoryEvent } from '@resonate/testkit';
import type { Reply } from '@resonate/protocol';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { WorkerSocket } from '../processes/worker-socket.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

const CLIENTS = 12;
const REQUESTS = 2_000;
/** Few ids, so that nearly every request concerns the same rows as another client's request. */
const IDS = 8;
const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const REPLAY = `TEST_SEED=${SEED} npm test -- test/concurrency`;

interface Client {
  ask(kind: string, data: unknown): Promise<Reply>;
  close(): void;
}

/** The two ways to send requests. `fencePreload`: how much of a branch the answer to a fence contains (docs/protocol.md, section 5). */
const WAYS = [
  { way: 'HTTP', fencePreload: 'small', connect: overHttp },
  { way: 'WebSockets', fencePreload: 'own', connect: overWebSocket },
] as const;

async function overHttp(url: string): Promise<Client> {
  const client = new HttpClient(url);
  return { ask: (kind, data) => client.rpc(kind, data), close: () => client.close() };
}

async function overWebSocket(url: string, name: number): Promise<Client> {
  const socket = await WorkerSocket.open(url, `/connect/clients/${name}`);
  return {
    ask: async (kind, data) => {
      const { head, data: answer } = await socket.ask(kind, data);
      return { status: head.status, data: answer };
    },
    close: () => socket.break(),
  };
}

/** Each client has its own connection, and sends its next request when the last one is answered. */
async function record(url: string, connect: (typeof WAYS)[number]['connect']): Promise<HistoryEvent[]> {
  // No timeout, lease or delay ends while the test runs, because the checker uses one fixed time.
  const generator = new RequestGenerator({
    seed: SEED,
    startAt: Date.now(),
    idCount: IDS,
    timeless: true,
    invalidShare: 0,
  });
  const history: HistoryEvent[] = [];
  let sent = 0;
  const run = async (name: number): Promise<void> => {
    const client = await connect(url, name);
    while (sent++ < REQUESTS) {
      const request = generator.next();
      const { kind, data } = request;
      const callAt = performance.now();
      const { status, data: answer } = await client.ask(kind, data);
      history.push({ client: name, callAt, returnAt: performance.now(), kind, data, reply: { status, data: answer } });
      generator.observe(request, { status, data: answer });
    }
    client.close();
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, index) => run(index + 1)));
  return history;
}

/** The share of requests that overlapped with another client's request. */
function overlapShare(history: HistoryEvent[]): number {
  const inOrder = [...history].sort((a, b) => a.callAt - b.callAt);
  const overlapping = inOrder.filter((event, index) => (inOrder[index + 1]?.callAt ?? Infinity) < event.returnAt);
  return overlapping.length / history.length;
}

const TITLE = `${CLIENTS} clients sending ${REQUESTS} requests about the same promises and tasks over $way`;

describe.each(WAYS)(TITLE, ({ way, fencePreload, connect }) => {
  let server: ServerProcess;
  let history: HistoryEvent[];

  beforeAll(async () => {
    server = await ServerProcess.start();
    history = await record(server.url, connect);
  });

  afterAll(() => server?.dispose());

  const check = (events: HistoryEvent[]) => checkLinearizability(events, { now: Date.now(), model: { fencePreload } });

  test('overlap, and get all kinds of answers', () => {
    const answers = new Map<string, number>();
    for (const { kind, reply } of history) {
      const answer = `${kind} ${reply?.status}`;
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
    console.log(
      `${way}, seed ${SEED}: ${[...answers]
        .sort()
        .map(([answer, count]) => `${answer}: ${count}`)
        .join(', ')}`,
    );
    expect(overlapShare(history)).toBeGreaterThan(0.8);
    expect([...answers.keys()]).toEqual(
      expect.arrayContaining([
        ...['promise.settle 200', 'task.acquire 200', 'task.acquire 409', 'task.suspend 200', 'task.suspend 300'],
        ...['task.fulfill 200', 'task.fence 200', 'task.fence 409', 'task.release 200', 'task.halt 200'],
      ]),
    );
  });

  test('are answered as if their requests had arrived one after the other', () => {
    const { verdict, explanation } = check(history);
    expect({ verdict, explanation, replay: REPLAY }).toEqual({
      verdict: 'linearizable',
      explanation: '',
      replay: REPLAY,
    });
  });

  test.each([
    { name: 'a granted acquire had been refused', tamper: refuseAcquire },
    { name: 'a read had returned an old state', tamper: showOldState },
  ])('would fail this check if $name', ({ tamper }) => {
    expect(check(tamper(history))).toMatchObject({ verdict: 'violation' });
  });
});

interface Shown {
  task?: { id: string; version: number };
  promise?: { id: string; state: string };
}

function shown({ reply }: HistoryEvent): Shown {
  return reply?.status === 200 ? (reply.data as Shown) : {};
}

/** Changes the 200 of one acquire to a 409, although a later answer shows that it took effect. */
function refuseAcquire(history: HistoryEvent[]): HistoryEvent[] {
  const victim = history.find((event) => {
    const { id, version } = shown(event).task ?? {};
    const isSeen = (later: HistoryEvent) => {
      const { task } = shown(later);
      return later.callAt > event.returnAt && task?.id === id && task?.version === version;
    };
    return event.kind === 'task.acquire' && id !== undefined && history.some(isSeen);
  });
  return tampered(history, victim, { status: 409, data: 'somebody else has it' });
}

/** Changes one read so that it shows a promise as pending that an earlier answer had shown as settled. */
function showOldState(history: HistoryEvent[]): HistoryEvent[] {
  const victim = history.find((event) => {
    const { id, state = 'pending' } = shown(event).promise ?? {};
    const hasSeen = (earlier: HistoryEvent) => {
      const { promise } = shown(earlier);
      return earlier.returnAt < event.callAt && promise?.id === id && promise?.state === state;
    };
    return event.kind === 'promise.get' && state !== 'pending' && history.some(hasSeen);
  });
  return tampered(history, victim, {
    status: 200,
    data: { promise: { ...(victim && shown(victim).promise), state: 'pending', value: {}, settledAt: undefined } },
  });
}

function tampered(history: HistoryEvent[], victim: HistoryEvent | undefined, reply: Reply): HistoryEvent[] {
  if (!victim) throw new Error(`the history has nothing to tamper with; ${REPLAY}`);
  return history.map((event) => (event === victim ? { ...event, reply } : event));
}
