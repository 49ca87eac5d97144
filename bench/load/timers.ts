/**
 * A separate load generator: promises that expire, listeners that are notified, and callers that send requests at the
 * same time.
 */
import { Connection, openConnections } from './connection.ts';
import { EventStream } from './event-stream.ts';
import { idSource } from './ids.ts';
import { Latencies, type LatencySummary } from './latencies.ts';
import { finished } from './loop.ts';
import { openLoop } from './open-loop.ts';
import * as body from './requests.ts';
import { ok } from './scenario.ts';
import { doJob } from './worker.ts';

export interface TimersJob {
  url: string;
  /** Promises that expire, each with a listener. */
  count: number;
  /** The time between two expiries; 0: all expire at the same time. */
  everyMs: number;
}

export interface TimersResult {
  /** The time from the expiry of a promise until its listener has the message. */
  lateness: LatencySummary;
  /**
   * The latency of creates that other callers send, from half a second before the expiry until the last listener is
   * notified.
   */
  others: LatencySummary;
}

const GROUP = 'bench-timers';
const CLIENT = 'bench';
const CREATORS = 32;
/**
 * The duration of the creation is estimated from this many promises. The expiry is planned with a reserve: the estimate
 * times SPARE.
 */
const PROBES = 500;
const SPARE = 1.6;
const SETTLE_MS = 2_000;
const OTHERS_PER_SECOND = 100;
const OTHERS_BEFORE_MS = 500;
/** A listener that was not notified within this time is considered lost. */
const HEARD_WITHIN_MS = 120_000;

const now = () => performance.timeOrigin + performance.now();

doJob(async ({ url, count, everyMs }: TimersJob, measuring): Promise<TimersResult> => {
  const connections = await openConnections(url, CREATORS);
  const run = `${process.pid.toString(36)}-${Date.now().toString(36)}`;
  const probing = performance.now();
  await create(
    connections,
    PROBES,
    (n) => `probe-${run}-${n}`,
    () => Date.now() + 3_600_000,
  );
  const creationMs = ((performance.now() - probing) / PROBES) * count * SPARE;

  const lateness = new Latencies();
  const dueAt = new Map<string, number>();
  const { promise: allHeard, resolve } = Promise.withResolvers<void>();
  const stream = await EventStream.open(url, GROUP, CLIENT, ({ data: { promise } }) => {
    const id = promise?.id ?? '';
    const at = dueAt.get(id);
    if (at === undefined) return;
    lateness.record(now() - at);
    dueAt.delete(id);
    if (dueAt.size === 0) resolve();
  });
  const firstAt = Math.ceil(Date.now() + creationMs + SETTLE_MS);
  for (let n = 0; n < count; n++) dueAt.set(`timer-${run}-${n}`, firstAt + n * everyMs);
  await create(
    connections,
    count,
    (n) => `timer-${run}-${n}`,
    (n) => firstAt + n * everyMs,
  );
  // Close the connections, because the time until the expiry may exceed the server's idle timeout.
  for (const connection of connections) connection.close();
  if (Date.now() > firstAt - OTHERS_BEFORE_MS) throw new Error('the promises expired while they were created');
  await until(firstAt - OTHERS_BEFORE_MS);
  const callers = await openConnections(url, CREATORS);
  measuring();
  const others = requestsBeside(callers, run, allHeard);
  const lastInMs = firstAt + count * everyMs - Date.now();
  await finished('the wait for expiries', allHeard, lastInMs + HEARD_WITHIN_MS);
  const result = { lateness: lateness.summary(), others: (await others).summary() };
  stream.close();
  for (const caller of callers) caller.close();
  return result;
});

/** Creates the promises and registers a listener for each, as fast as the server answers. */
async function create(
  connections: Connection[],
  count: number,
  idOf: (n: number) => string,
  timeoutAt: (n: number) => number,
): Promise<void> {
  let next = 0;
  const creator = async (connection: Connection) => {
    for (let n = next++; n < count; n = next++) {
      await ok(connection, body.promiseCreate(idOf(n), timeoutAt(n)));
      await ok(connection, body.registerListener(idOf(n), `poll://uni@${GROUP}/${CLIENT}`));
    }
  };
  await Promise.all(connections.map(creator));
}

/** Sends creates at a fixed rate, in runs of one second, until `ended` resolves. */
async function requestsBeside(connections: Connection[], run: string, ended: Promise<void>): Promise<Latencies> {
  const latencies = new Latencies();
  const nextId = idSource('counted', `beside-${run}`);
  const rounds = connections.map((connection) => async () => {
    await ok(connection, body.promiseCreate(nextId()));
    return performance.now();
  });
  let isOver = false;
  void ended.then(() => (isOver = true));
  while (!isOver) await openLoop(rounds, OTHERS_PER_SECOND, 1_000, latencies);
  return latencies;
}

function until(at: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, at - Date.now())));
}
