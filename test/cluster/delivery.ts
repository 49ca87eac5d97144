import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Message } from '@resonate/protocol';
import { EventStream } from '../processes/event-stream.ts';
import { until } from '../processes/until.ts';
import { POLL_INTERVAL_MS, type TestCluster } from './cluster.ts';
import { createTask } from './requests.ts';
import type { RoleProcess } from './role-process.ts';

const MESSAGES = 10;

export function deliveryTests(cluster: () => TestCluster): void {
  describe('messages over streams', () => {
    const streams: EventStream[] = [];

    afterEach(() => {
      for (const stream of streams.splice(0)) stream.break();
    });

    async function open(api: RoleProcess, group: string, id: string): Promise<EventStream> {
      const stream = await EventStream.open(api.url, `/poll/${group}/${id}`);
      streams.push(stream);
      return stream;
    }

    test('reach a stream of the other replica at once, not when that one looks the next time', async () => {
      const [here, there] = cluster().apis;
      const group = randomUUID();
      const stream = await open(there, group, 'w');
      const took: number[] = [];
      for (let round = 0; round < MESSAGES; round++) {
        const since = Date.now();
        const id = await createTask(here.url, `poll://any@${group}`);
        const { message, at } = await stream.nextReceived();
        expect(taskOf(message)).toBe(id);
        took.push(at - since);
      }
      expect(median(took)).toBeLessThan(POLL_INTERVAL_MS / 3);
    });

    test('prefer the stream with their id, on whichever replica it is', async () => {
      const [first, second] = cluster().apis;
      const group = randomUUID();
      const byId = { a: await open(first, group, 'a'), b: await open(second, group, 'b') };
      let preferred = 0;
      for (let round = 0; round < MESSAGES; round++) {
        // Always the one that the creating process does not hold.
        const [api, id] = round % 2 === 0 ? ([first, 'b'] as const) : ([second, 'a'] as const);
        const task = await createTask(api.url, `poll://any@${group}/${id}`);
        const receiver = await until('one of them has it', 5_000, () => {
          return Object.entries(byId).find(([, stream]) => stream.waiting > 0);
        });
        expect(taskOf(await receiver[1].next())).toBe(task);
        if (receiver[0] === id) preferred += 1;
      }
      // After a grace of 100 ms any stream gets it: on a busy machine that happens (6 of 10 once). Without preference the
      // creating process, which is told first and never holds the right one, would take nearly all.
      expect(preferred).toBeGreaterThanOrEqual(3);
    });

    test('wait while no worker is connected and go out when one connects, to another replica', async () => {
      const [here, there] = cluster().apis;
      const group = randomUUID();
      const ids = [
        await createTask(here.url, `poll://any@${group}`),
        await createTask(here.url, `poll://any@${group}`),
      ];
      const stream = await open(there, group, 'late');
      const received = [await stream.next(3_000), await stream.next(3_000)].map(taskOf);
      expect(received.sort()).toEqual(ids.sort());
    });
  });
}

function taskOf(message: Message): string {
  return message.kind === 'execute' ? message.data.task.id : '';
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}
