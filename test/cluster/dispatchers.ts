import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PushTarget, type Push } from '../http/push-target.ts';
import { until } from '../processes/until.ts';
import { metricOf, type TestCluster } from './cluster.ts';
import { ask, createTask } from './requests.ts';
import type { RoleProcess } from './role-process.ts';

const TASKS = 12;
/** If nobody releases a message, it is sent again this long after it was claimed (tasks.retry_timeout, 30 s by default). */
const RETRY_TIMEOUT_MS = 30_000;
/**
 * Far below tasks.retry_timeout. A scheduler notices after 5 s that a process died. A dispatcher that stops waits 2 s for
 * its pushes, and another dispatcher polls within 1 s.
 */
const RELEASED_WITHIN_MS = RETRY_TIMEOUT_MS / 2;
const ARRIVED_WITHIN_MS = 30_000;
/** What a scheduler logs when it has released the messages of a process without a heartbeat. */
const REAPED = 'released the messages of dead processes';

export function dispatcherTests(cluster: () => TestCluster, report: (line: string) => void): void {
  describe('a dispatcher with pushes in flight', () => {
    let target: PushTarget;
    let tasks: string[] = [];

    beforeEach(async () => {
      target = await PushTarget.start(() => 'hang');
    });

    afterEach(async () => {
      await target.close();
      // No worker acquires these tasks, so they would be pushed again and again, and the next test would count them.
      for (const id of tasks) await ask(cluster().url, 'promise.settle', { id, state: 'resolved', value: {} });
    });

    /** Creates tasks whose pushes hang. @returns the dispatcher with the most of these pushes in flight. */
    async function hold(): Promise<RoleProcess> {
      const dispatchers = cluster().of('dispatcher');
      const counts = () => Promise.all(dispatchers.map((process) => metricOf(process, 'resonate_messages_total')));
      const before = await counts();
      tasks = [];
      for (let index = 0; index < TASKS; index++) tasks.push(await createTask(cluster().url, target.url));
      await until('all are under way', ARRIVED_WITHIN_MS, () => target.pushes.length === TASKS);
      const held = (await counts()).map((count, index) => count - (before[index] ?? 0));
      return dispatchers[held.indexOf(Math.max(...held))] as RoleProcess;
    }

    /** The ms from now until another dispatcher has pushed all the interrupted messages again. */
    async function againTakes(): Promise<number> {
      const since = Date.now();
      const first = target.pushes.slice(0, TASKS);
      const lost = await until('pushes were cut off', ARRIVED_WITHIN_MS, () => {
        const found = first.filter(({ isGivenUp }) => isGivenUp);
        return found.length > 0 && found;
      });
      await until('they come again', 60_000, () => lost.every((push) => target.about(idOf(push)).length > 1));
      return Math.max(...target.pushes.slice(TASKS).map(({ at }) => at)) - since;
    }

    /** How often a scheduler has released messages of a dispatcher that it took for dead. */
    const reaped = () => {
      const logged = cluster()
        .of('scheduler')
        .flatMap((process) => process.logged(REAPED));
      return logged.filter(({ messagesDueAgain }) => messagesDueAgain !== 0).length;
    };

    test('that is killed with -9 is replaced: its messages arrive within seconds', async () => {
      const holder = await hold();
      target.behaviour = () => 200;
      await holder.kill9();
      const took = await againTakes();
      report(`messages of a killed dispatcher arrive after ${took} ms`);
      expect(took).toBeLessThan(RELEASED_WITHIN_MS);
    });

    test('that is stopped releases its messages, and another dispatcher sends them soon', async () => {
      const holder = await hold();
      const before = reaped();
      target.behaviour = () => 200;
      const stopped = holder.terminate();
      const took = await againTakes();
      report(`messages of a stopped dispatcher arrive after ${took} ms`);
      expect(took).toBeLessThan(RELEASED_WITHIN_MS);
      expect(await stopped).toBe(0);
      // So the dispatcher itself has released them.
      expect(reaped()).toBe(before);
    });
  });

  test('a dispatcher that is stopped does not send messages again that its targets have accepted', async () => {
    const target = await PushTarget.start();
    const { url } = cluster();
    const ids: string[] = [];
    const create = async (count: number) => {
      for (let index = 0; index < count; index++) ids.push(await createTask(url, target.url));
      await until('all arrived', ARRIVED_WITHIN_MS, () => new Set(target.pushes.map(idOf)).size === ids.length);
    };
    try {
      await create(TASKS);
      // If a stopping dispatcher released the accepted messages, they would be due at once, and another dispatcher would
      // push them again before the message that is created below.
      for (const dispatcher of cluster().of('dispatcher').slice(1)) expect(await dispatcher.terminate()).toBe(0);
      await create(1);
      expect(target.pushes.map(idOf).sort()).toEqual(ids.sort());
    } finally {
      for (const id of ids) await ask(url, 'promise.settle', { id, state: 'resolved', value: {} });
      await target.close();
    }
  });

  test('three dispatchers together send every message once', async () => {
    const target = await PushTarget.start();
    try {
      const { url } = cluster();
      const ids = await Promise.all(Array.from({ length: 60 }, () => createTask(url, `${target.url}/`)));
      await until('all arrived', ARRIVED_WITHIN_MS, () => target.pushes.length >= ids.length);
      expect(target.pushes.map(idOf).sort()).toEqual([...ids].sort());
    } finally {
      await target.close();
    }
  });
}

function idOf({ message }: Push): string {
  return message.kind === 'execute' ? message.data.task.id : '';
}
