import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { PushTarget } from '../http/push-target.ts';
import { EventStream } from '../processes/event-stream.ts';
import { until } from '../processes/until.ts';
import { POLL_INTERVAL_MS, type TestCluster } from './cluster.ts';
import { createTask, fireTimer } from './requests.ts';

/** The additional time that a busy machine may need. Without the polls, nothing is found until the channel is repaired. */
const MARGIN_MS = 4_000;
const WITHIN_MS = 60_000;
/** The default of timeouts.poll_interval. */
const TIMERS_POLL_INTERVAL_MS = 1_000;
const ROUNDS = 4;
const UP = 'wake-up channel is up';
const UP_AGAIN = 'wake-up channel is up again';
const DOWN = 'wake-up channel is down: until it is up, processes find work only by polling';

/** Wake-up hints may be lost. Then every message is found by polling. */
export function silenceTests(cluster: () => TestCluster): void {
  describe.each(['silently dead', 'broken'] as const)('with the wake-up channel %s', (state) => {
    afterEach(() => cluster().backing.wakeups.healWakeups());

    /** Sends messages one after the other from one replica to a worker of the other. @returns the ms that each took. */
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

    /** A channel logs once that it is down, however long that lasts. So each fault begins with channels that are up. */
    async function channelsAreUp(): Promise<void> {
      await until('the wake-up channels are up', WITHIN_MS, () =>
        cluster().apis.every((api) => {
          const [first, again, down] = [UP, UP_AGAIN, DOWN].map((text) => api.logged(text).length);
          return (first ?? 0) + (again ?? 0) > (down ?? 0);
        }),
      );
    }

    test('messages and timers are late by at most the poll intervals, and fast again after the channel is repaired', async () => {
      await channelsAreUp();
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

      const lateMs = await fireTimer(cluster().apis[0], WITHIN_MS);
      // The scheduler polls, then the replica with the stream polls.
      expect(lateMs).toBeLessThan(TIMERS_POLL_INTERVAL_MS + POLL_INTERVAL_MS + MARGIN_MS);

      // The replica notices by itself that the channel is down.
      await until('the channel is seen to be down', WITHIN_MS, () => timesDown() > before);
      wakeups.healWakeups();
      await channelsAreUp();
      await until('processes wake each other again', WITHIN_MS, async () => {
        return Math.max(...(await streamTakes(2))) < POLL_INTERVAL_MS / 2;
      });
    });
  });
}
