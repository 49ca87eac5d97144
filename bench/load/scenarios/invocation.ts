import { openConnections, type Connection } from '../connection.ts';
import { EventStream, type StreamMessage } from '../event-stream.ts';
import * as body from '../requests.ts';
import { ok, shared, type Scenario, type Site } from '../scenario.ts';
import { Arrivals } from './arrivals.ts';
import { PushTarget } from './push-target.ts';

const PID = 'bench-worker';
const CLIENT = 'bench-client';

type Heard = (message: StreamMessage) => void;

/** The addresses to which the messages for the worker and for the caller are sent. */
interface Route {
  worker: string;
  caller: string;
  close(): void;
}

/** A worker and a caller, each with a stream to the server. */
async function overStreams({ url, run }: Site, worker: Heard, caller: Heard): Promise<Route> {
  const [workers, clients] = [`bench-${run}`, `bench-client-${run}`];
  const streams = [
    await EventStream.open(url, workers, PID, worker),
    await EventStream.open(url, clients, CLIENT, caller),
  ];
  return {
    worker: `poll://any@${workers}`,
    caller: `poll://uni@${clients}/${CLIENT}`,
    close: () => streams.forEach((stream) => stream.close()),
  };
}

/** A worker and a caller that the server POSTs messages to. */
async function overPush(_: Site, worker: Heard, caller: Heard): Promise<Route> {
  const targets = [await PushTarget.open(worker), await PushTarget.open(caller)] as const;
  return {
    worker: targets[0].url,
    caller: targets[1].url,
    close: () => targets.forEach((target) => target.close()),
  };
}

/**
 * A whole invocation: the caller creates the call and registers as a listener, a worker gets the message, acquires and
 * fulfills the task, and the caller gets the outcome. That is four requests and two messages.
 */
function invocation(name: string, route: typeof overStreams): Scenario {
  return {
    name,
    async open(site) {
      const settled = new Arrivals<true>();
      // If a worker fails, its caller would wait forever. So the failure also fails the rounds.
      const { promise: broken, reject: failed } = Promise.withResolvers<never>();
      broken.catch(() => undefined);
      const callers = await openConnections(site.url, site.callers);
      const workerConnections = await openConnections(site.url, site.callers);
      const idle = [...workerConnections];
      const { worker, caller, close } = await route(
        site,
        ({ data: { task } }) => {
          // There are as many worker connections as running calls. So only the second copy of a message can find no free
          // connection. It may be dropped, because the server would send it again.
          const connection = task && idle.pop();
          if (connection) work(connection, task).then(() => idle.push(connection), failed);
        },
        ({ data: { promise } }) => {
          if (promise) settled.arrive(promise.id, true);
        },
      );
      const rounds = callers.map((connection) => async () => {
        const id = site.nextId();
        await ok(connection, body.callCreate(id, worker));
        const { body: answer } = await ok(connection, body.registerListener(id, caller));
        // If the promise settled before the listener was registered, the answer says so, and no message follows.
        if (answer.includes('"state":"pending"')) await Promise.race([settled.wait(id), broken]);
        return performance.now();
      });
      const connections = shared([...callers, ...workerConnections]);
      return {
        rounds,
        requests: connections.requests,
        close: () => {
          close();
          connections.close();
        },
      };
    },
  };
}

/** The worker's part after an execute message. */
async function work(connection: Connection, task: { id: string; version: number }): Promise<void> {
  await ok(connection, body.taskAcquire(task.id, task.version, PID));
  await ok(connection, body.taskFulfill(task.id, task.version + 1));
}

export const streamInvocation = invocation('invocation over SSE', overStreams);
export const pushInvocation = invocation('invocation over push', overPush);
