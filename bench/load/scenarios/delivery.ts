import { openConnections } from '../connection.ts';
import { EventStream } from '../event-stream.ts';
import * as body from '../requests.ts';
import { ok, shared, type Scenario } from '../scenario.ts';
import { Arrivals } from './arrivals.ts';

const PID = 'bench-worker';

/**
 * Measures how soon a connected worker gets a new call: from sending promise.create until the execute message arrives.
 * Then the call is acquired and fulfilled, which is not measured.
 */
export const delivery: Scenario = {
  name: 'create -> worker',
  async open(site) {
    const group = `bench-${site.run}`;
    const arrivals = new Arrivals<{ version: number; at: number }>();
    const stream = await EventStream.open(site.url, group, PID, ({ data: { task } }) => {
      if (task) arrivals.arrive(task.id, { version: task.version, at: performance.now() });
    });
    const connections = await openConnections(site.url, site.callers);
    const rounds = connections.map((connection) => {
      return async () => {
        const id = site.nextId();
        const heard = arrivals.wait(id);
        await ok(connection, body.callCreate(id, `poll://any@${group}`));
        const { version, at } = await heard;
        await ok(connection, body.taskAcquire(id, version, PID));
        await ok(connection, body.taskFulfill(id, version + 1));
        return at;
      };
    });
    const { requests, close } = shared(connections);
    return {
      rounds,
      requests,
      close: () => {
        stream.close();
        close();
      },
    };
  },
};
