import { describe, expect, test } from '@jest/globals';
import { CATCH_UP_POLICIES, OVERLAP_POLICIES, type PromiseRecord, type ScheduleRecord } from '@resonate/protocol';
import { Needs, type Changes, type ScheduleRow } from '@resonate/machine';
import type { Dialect } from '../dialect.ts';
import { send, sendOk, storeOn, withOpened, withProcesses, type DialectUnderTest } from './under-test.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const MISSED = 6;
const SCHEDULERS = 3;
const BROKEN = 55;
const ROUND = 50;
const KINDS_OF_FAULTS = 3;
/** More than there are batches in flight. */
const TRIGGERED = 5;

/** Several schedulers fire each occurrence at once, as when one takes over while the other still runs. */
export function scheduleConformance(under: DialectUnderTest): void {
  const policies = OVERLAP_POLICIES.flatMap((overlap) => CATCH_UP_POLICIES.map((catchUp) => ({ overlap, catchUp })));

  describe('a schedule', () => {
    test('that several schedulers fire after a downtime creates exactly the promises that its policies ask for', () =>
      withProcesses(under, SCHEDULERS, async (dialects) => {
        const [dialect] = dialects as [Dialect];
        const stores = dialects.map((each, index) => storeOn(each, `scheduler ${index}`));
        const store = storeOn(dialect);

        // Its occurrences are far from now, so that none comes while the test runs.
        const lastAt = Math.floor((await dialect.now()) / MINUTE_MS) * MINUTE_MS - HOUR_MS / 2;
        const times = Array.from({ length: MISSED }, (_, index) => lastAt - (MISSED - 1 - index) * HOUR_MS);
        const cron = `${new Date(lastAt).getUTCMinutes()} * * * *`;
        const created: ScheduleRecord[] = [];
        for (const { overlap, catchUp } of policies) {
          const id = `${overlap} ${catchUp}`;
          const data = { id, cron, promiseId: '{{.id}} {{.timestamp}}', promiseTimeout: 100 * HOUR_MS };
          const choice = { overlap, catchUp, timezone: 'Europe/Berlin' };
          const reply = await send(store, 'schedule.create', { ...data, ...choice }, (times[0] ?? 0) - 1);
          expect(reply).toMatchObject({ status: 200, data: { schedule: { ...choice, nextRunAt: times[0] } } });
          created.push((reply.data as { schedule: ScheduleRecord }).schedule);
        }

        await Promise.all(
          stores.map(async (each) => {
            while ((await each.timers.fireDue(2)).more);
          }),
        );

        for (const { id, overlap, catchUp } of created) {
          const tags = { 'resonate:schedule': id };
          const { promises } = await sendOk<{ promises: PromiseRecord[] }>(store, 'promise.search', { tags });
          const due = { all: times, last: [lastAt], none: [] }[catchUp ?? 'all'];
          const runs = overlap === 'skip' ? due.slice(0, 1) : due;
          const states = promises.map(({ createdAt, state }) => [createdAt, state]);
          expect({ id, states }).toEqual({
            id,
            states: runs.map((at) => [at, overlap === 'cancel' && at !== lastAt ? 'rejected_canceled' : 'pending']),
          });
          const { schedule } = await sendOk<{ schedule: ScheduleRecord }>(store, 'schedule.get', { id });
          expect(schedule).toMatchObject({ id, nextRunAt: lastAt + HOUR_MS });
          expect(schedule.lastRunAt).toBe(runs.at(-1));
        }
      }));

    test('runs even if more schedules fail than one round fires; these back off and store their error', () =>
      withOpened(under, async ({ dialect, store }) => {
        const now = await dialect.now();
        // Inserted without the checks of a request, as an older version may have stored them.
        const broken = Array.from({ length: BROKEN }, (_, index) => brokenSchedule(index, now - HOUR_MS));
        await dialect.transact(new Needs(), () => ({ changes: inserting(broken), result: null }));
        const data = { id: 'sound', cron: '* * * * *', promiseId: 'run', promiseTimeout: HOUR_MS };
        const created = await send(store, 'schedule.create', data, now - 2 * MINUTE_MS);
        expect(created.status).toBe(200);
        let failed = 0;
        for (let round = 0; round < BROKEN / ROUND + 2; round++) failed += (await store.timers.fireDue(ROUND)).failed;
        expect(failed).toBe(BROKEN);
        expect(await store.timers.fireDue(ROUND)).toMatchObject({ failed: 0, failing: BROKEN });
        expect((await dialect.dump()).promises).toMatchObject([{ id: 'run' }]);
        for (const { id } of broken.slice(0, KINDS_OF_FAULTS)) {
          const { schedule } = await sendOk<{ schedule: ScheduleRecord }>(store, 'schedule.get', { id });
          expect(schedule.fault).toMatch(/^500: /);
        }
      }));

    test('stays paused, and concurrent triggers create one promise', () =>
      withOpened(under, async ({ dialect, store }) => {
        // Not due while the test runs.
        const data = { id: 's', cron: '0 0 1 1 *', promiseId: 'p', promiseTimeout: HOUR_MS, overlap: 'skip' };
        await sendOk(store, 'schedule.create', data);
        const paused = await sendOk<{ schedule: ScheduleRecord }>(store, 'schedule.pause', { id: 's' });
        expect(await sendOk(store, 'schedule.get', { id: 's' })).toEqual(paused);
        const replies = await Promise.all([1, 2, 3].map(() => send(store, 'schedule.trigger', { id: 's' })));
        expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
        expect((await dialect.dump()).promises).toMatchObject([{ id: 'p', state: 'pending' }]);
        const { schedule } = await sendOk<{ schedule: ScheduleRecord }>(store, 'schedule.resume', { id: 's' });
        expect(schedule).not.toHaveProperty('pausedAt');
        expect(schedule.nextRunAt).toBeLessThan(paused.schedule.nextRunAt);
      }));

    test('is stored with its new definition when it is updated', () =>
      withOpened(under, async ({ store }) => {
        const data = { id: 's', cron: '0 0 1 1 *', promiseId: 'p', promiseTimeout: HOUR_MS, overlap: 'skip' };
        const created = await sendOk<{ schedule: ScheduleRecord }>(store, 'schedule.create', data);
        const definition = {
          ...{
            id: 's',
            cron: '0 0 2 2 *',
            promiseId: 'q',
            promiseTimeout: 1,
            timezone: 'Asia/Kolkata',
            catchUp: 'last',
          },
          ...{ promiseParam: { headers: { h: '1' }, data: 'd' }, promiseTags: { team: 'red' }, cronDialect: 'unix' },
        };
        const updated = await sendOk<{ schedule: ScheduleRecord }>(store, 'schedule.update', definition);
        const { createdAt } = created.schedule;
        expect(updated.schedule).toEqual({ ...definition, createdAt, nextRunAt: expect.any(Number) });
        expect(await sendOk(store, 'schedule.get', { id: 's' })).toEqual(updated);
      }));

    test.each(OVERLAP_POLICIES)('is triggered several times, each run named by its time (overlap: %s)', (overlap) =>
      withOpened(under, async ({ dialect, store }) => {
        const data = {
          id: 's',
          cron: '0 0 1 1 *',
          promiseId: '{{.id}} {{.timestamp}}',
          promiseTimeout: HOUR_MS,
          overlap,
        };
        await sendOk(store, 'schedule.create', data);
        const ids: string[] = [];
        let lastRunAt = 0;
        for (let run = 0; run < TRIGGERED; run++) {
          // Two runs in the same millisecond would have the same id.
          while (run > 0 && (await dialect.now()) <= lastRunAt);
          const reply = await send(store, 'schedule.trigger', { id: 's' });
          const isSkipped = overlap === 'skip' && run > 0;
          expect(reply.status).toBe(isSkipped ? 409 : 200);
          if (isSkipped) continue;
          const { schedule, promise } = reply.data as { schedule: ScheduleRecord; promise: PromiseRecord };
          expect(promise).toMatchObject({
            id: `s ${schedule.lastRunAt}`,
            createdAt: schedule.lastRunAt,
            state: 'pending',
          });
          ids.push(promise.id);
          lastRunAt = schedule.lastRunAt ?? 0;
        }
        // No batch is being repeated any more: other requests are answered.
        await sendOk(store, 'promise.create', { id: 'bystander', timeoutAt: 2 * (await dialect.now()) });
        const { promises } = await dialect.dump();
        const runs = promises.filter(({ tags }) => tags['resonate:schedule'] === 's');
        expect(runs.map(({ id }) => id)).toEqual(ids);
        expect(runs.filter(({ state }) => state === 'pending')).toHaveLength(overlap === 'allow' ? runs.length : 1);
      }),
    );
  });
}

/** A target that is no address, an expression that does not parse, an id that becomes too long. */
function brokenSchedule(index: number, nextRunAt: number): ScheduleRow {
  const kind = index % KINDS_OF_FAULTS;
  return {
    id: `${'broken'.repeat(20)} ${index}`,
    cron: kind === 1 ? 'whenever' : '* * * * *',
    promiseId: kind === 2 ? '{{.id}}'.repeat(30) : `broken ${index}`,
    promiseTimeout: HOUR_MS,
    promiseParam: {},
    promiseTags: kind === 0 ? { 'resonate:target': 'nowhere' } : {},
    createdAt: 0,
    nextRunAt,
    lastRunAt: null,
    timezone: null,
    overlap: null,
    catchUp: null,
    cronDialect: null,
    fault: null,
    pausedAt: null,
  };
}

function inserting(schedules: ScheduleRow[]): Changes {
  const nothing = { inserts: [], updates: [], deletes: [] };
  return {
    promises: nothing,
    tasks: nothing,
    callbacks: nothing,
    calls: nothing,
    listeners: nothing,
    schedules: { ...nothing, inserts: schedules },
  };
}
