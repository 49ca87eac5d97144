import { Connection } from '../load/connection.ts';
import { EventStream } from '../load/event-stream.ts';
import { Latencies, type LatencySummary } from '../load/latencies.ts';
import * as body from '../load/requests.ts';
import { ok } from '../load/scenario.ts';
import { Arrivals } from '../load/scenarios/arrivals.ts';
import type { Cluster } from './cluster.ts';

const PID = 'bench-worker';

/**
 * Measures the time from sending promise.create to one api until a worker whose stream is on another api has the
 * message.
 */
export async function deliveryAcross(
  { processes }: Cluster,
  callers: number,
  seconds: number,
): Promise<LatencySummary> {
  const [near, far] = processes.api;
  if (!near || !far) throw new Error('fewer than two api processes are running');
  const arrivals = new Arrivals<{ version: number; at: number }>();
  const group = `bench-${callers}`;
  const stream = await EventStream.open(far.url, group, PID, ({ data: { task } }) => {
    if (task) arrivals.arrive(task.id, { version: task.version, at: performance.now() });
  });
  const latencies = new Latencies();
  const endAt = performance.now() + seconds * 1_000;
  let n = 0;
  const caller = async () => {
    const connection = await Connection.open(near.url);
    while (performance.now() < endAt) {
      const id = `${group}-${Date.now().toString(36)}-${n++}`;
      const heard = arrivals.wait(id);
      const startedAt = performance.now();
      await ok(connection, body.callCreate(id, `poll://any@${group}`));
      const { version, at } = await heard;
      latencies.record(at - startedAt);
      await ok(connection, body.taskAcquire(id, version, PID));
      await ok(connection, body.taskFulfill(id, version + 1));
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: callers }, caller));
  stream.close();
  return latencies.summary();
}
