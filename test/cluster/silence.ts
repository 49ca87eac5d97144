import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { PushTarget } from '../http/push-target.ts';
import { EventStream } from '../processes/event-stream.ts';
import { until } from '../processes/until.ts';
import { POLL_INTERVAL_MS, type TestCluster } from './cluster.ts';
import { createTask, fireTimer } from './requests.ts';

/** What a busy machine may add to an interval. */
const MARGIN_MS = 1_000;
/** timeouts.poll_interval, as it is by default. */
const TIMERS_POLL_INTERVAL_MS = 1_000;
const ROUNDS = 4;
const DOWN = 'wake-up channel is down: processes notice each other’s work when they poll';

/** Hints may be lost: without them, every message is found by polling. */
export function silenceTests(cluster: () => TestCluster): void {
  describe.each(['silently dead', 'broken'] as const)('with the wake-up channel %s', (state) => {
    afterEach(() => cluster().backing.wakeups.healWakeups());

    /** The ms that one message after the other takes from one replica to a worker of the other. */
    async function streamTakes(rounds: number): Promise<number[]> {
      const [here, there] = cluster().apis;
      const group = randomUUID();
      const stream = await EventStream.open(there.url, `/poll/${group}/w`);
      try {
        const took: number[] = [];
        for (let round = 0; round < rounds; round++) {
          const since = Date.now();
          await createTask(here.url, `poll://any@${group}`);
          took.push((await stream.nextReceived()).at - since);
        }
        return took;
      } finally {
        stream.break();
      }
    }

    test('messages and timers move at the poll intervals, and faster again once it is healed', async () => {
      const { wakeups } = cluster().backing;
      const timesDown = () => cluster().apis[1].logged(DOWN).length;
      const before = timesDown();
      if (state === 'broken') wakeups.breakWakeups();
      else wakeups.silenceWakeups();
      const took = await streamTakes(ROUNDS);
      expect(Math.max(...took)).toBeLessThan(POLL_INTERVAL_MS + MARGIN_MS);

      const target = await PushTarget.start();
      const since = Date.now();
      const id = await createTask(cluster().url, target.url);
      const [push] = await target.received(id, 1);
      expect((push?.at ?? 0) - since).toBeLessThan(POLL_INTERVAL_MS + MARGIN_MS);
      await target.close();

      const { lateMs } = await fireTimer(cluster().apis[0], 15_000);
      // The scheduler polls, then the replica with the stream polls.
      expect(lateMs).toBeLessThan(TIMERS_POLL_INTERVAL_MS + POLL_INTERVAL_MS + MARGIN_MS);

      // A replica noticed the loss by itself.
      await until('the channel is seen to be down', 20_000, () => timesDown() > before);
      wakeups.healWakeups();
      await until('processes wake each other again', 20_000, async () => {
        return Math.max(...(await streamTakes(2))) < POLL_INTERVAL_MS / 3;
      });
    });
  });
}
