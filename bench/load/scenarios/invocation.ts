import { openConnections, type Connection } from '../connection.ts';
import { EventStream } from '../event-stream.ts';
import * as body from '../requests.ts';
import { ok, shared, type Scenario } from '../scenario.ts';
import { Arrivals } from './arrivals.ts';

const PID = 'bench-worker';
const CLIENT = 'bench-client';

/**
 * A whole invocation: the caller creates the call and registers as listener, a worker hears of it over SSE, acquires and
 * fulfils it, the caller hears the outcome over SSE. Four requests, two messages.
 */
export const invocation: Scenario = {
  name: 'invocation over SSE',
  async open(site) {
    const workers = `bench-${site.run}`;
    const clients = `bench-client-${site.run}`;
    const settled = new Arrivals<true>();
    // A worker that fails would leave its caller waiting: it fails the rounds instead.
    const { promise: broken, reject: failed } = Promise.withResolvers<never>();
    broken.catch(() => undefined);
    const callers = await openConnections(site.url, site.callers);
    const hands = await openConnections(site.url, site.callers);
    const idle = [...hands];
    const workerStream = await EventStream.open(site.url, workers, PID, ({ data: { task } }) => {
      // As many as there are calls under way: only a message that came twice finds none, and it would come again.
      const hand = task && idle.pop();
      if (hand) work(hand, task).then(() => idle.push(hand), failed);
    });
    const clientStream = await EventStream.open(site.url, clients, CLIENT, ({ data: { promise } }) => {
      if (promise) settled.arrive(promise.id, true);
    });

    const rounds = callers.map((connection) => {
      return async () => {
        const id = site.nextId();
        const startedAt = performance.now();
        await ok(connection, body.callCreate(id, `poll://any@${workers}`));
        const { body: answer } = await ok(connection, body.registerListener(id, `poll://uni@${clients}/${CLIENT}`));
        // Settled before the listener came: the answer says so, and no message follows.
        if (answer.includes('"state":"pending"')) await Promise.race([settled.wait(id), broken]);
        return performance.now() - startedAt;
      };
    });
    const { requests, close } = shared([...callers, ...hands]);
    return {
      rounds,
      requests,
      close: () => {
        workerStream.close();
        clientStream.close();
        close();
      },
    };
  },
};

/** What a worker does with an execute message. */
async function work(hand: Connection, task: { id: string; version: number }): Promise<void> {
  await ok(hand, body.taskAcquire(task.id, task.version, PID));
  await ok(hand, body.taskFulfill(task.id, task.version + 1));
}
