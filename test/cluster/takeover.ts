import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../processes/until.ts';
import { searchPromises } from '../processes/wire.ts';
import type { TestCluster } from './cluster.ts';
import { ask, fireTimer } from './requests.ts';
import { RoleProcess } from './role-process.ts';

/** Schedules whose every occurrence creates a promise, also during a takeover: one for each overlap policy. */
const COMPLETE = {
  'each-second-allow': { timezone: 'Europe/Berlin' },
  'each-second-cancel': { overlap: 'cancel' },
  'each-second-skip': { overlap: 'skip', promiseTimeout: 500 },
};
/** Schedules that skip occurrences while there is no leader. */
const PASSING = { 'each-second-last': { catchUp: 'last' }, 'each-second-none': { catchUp: 'none' } };
const SCHEDULES = Object.entries({ ...COMPLETE, ...PASSING });
/**
 * The longest times from the loss of a leader until the standby logs that it leads. The standby tries five times per
 * second. When the connection of the leader ends, the database frees its lock at once. A lock that was not freed would
 * last for 2.5 to 3 s after the end of the leader, until the database ends a silent connection.
 */
const AFTER_END_MS = 2_400;
/** A silent connection and a lease end after 3 s. The next longer time is 10 s, after which a connection is given up. */
const AFTER_SILENCE_MS = 8_000;
/** A timer fires at its time. Without hints, the scheduler and then the api find it at their next polls, within 1 s each. */
const FIRED_WITHIN_MS = 3_000;
/** This many occurrences are enough to see whether one is missing between them. */
const ENOUGH = 5;
/** The limit is higher than the expected time, so that a failure shows the measured time. */
const PATIENCE_MS = 30_000;
const STARTED_WITHIN_MS = 60_000;

/** @param report gets how long there was no leader, and how late a client got the first timer after that. */
export function takeoverTests(cluster: () => TestCluster, report: (line: string) => void): void {
  describe('the leading scheduler', () => {
    beforeAll(async () => {
      for (const [id, policies] of SCHEDULES) {
        await ask(cluster().url, 'schedule.create', {
          id,
          cron: '* * * * * *',
          promiseId: `${id}.{{.timestamp}}`,
          promiseTimeout: 3_600_000,
          promiseTags: {},
          ...policies,
        });
      }
    });

    afterAll(async () => {
      for (const [id] of SCHEDULES) await ask(cluster().url, 'schedule.delete', { id }).catch(() => undefined);
    });

    /** The id of the leader, as soon as the cluster lists exactly one. */
    function shownLeader(): Promise<string> {
      return until('one leader is listed', PATIENCE_MS, async () => {
        const [first, ...others] = (await cluster().shown()).filter(({ leader }) => leader);
        return others.length === 0 && first?.id;
      });
    }

    /** The ms from `lostAt` until the other scheduler has logged that it leads. Epoch ms, the machine's clock. */
    async function replacedAfter(standby: RoleProcess, lostAt: number): Promise<number> {
      const line = await until(
        'the other one leads',
        PATIENCE_MS,
        () => standby.leads && standby.logged('leading').at(-1),
      );
      return loggedAt(line) - lostAt;
    }

    /** Checks how late the first timer is that is due during the takeover, as a client sees it. */
    async function timerFires(takeoverMs: number): Promise<number> {
      const lateMs = await fireTimer(cluster().apis[0], PATIENCE_MS);
      expect(lateMs).toBeLessThan(takeoverMs + FIRED_WITHIN_MS);
      return lateMs;
    }

    test('fires timers at their time', async () => {
      const lateMs = await fireTimer(cluster().apis[0], PATIENCE_MS);
      expect(lateMs).toBeGreaterThanOrEqual(0);
      expect(lateMs).toBeLessThan(FIRED_WITHIN_MS);
    });

    test('that is killed with -9 is replaced by the standby as soon as its connection ends', async () => {
      const { leader, standby } = await cluster().schedulers();
      const killedAt = Date.now();
      await leader.kill9();
      const lateMs = await timerFires(AFTER_END_MS);
      const tookMs = await replacedAfter(standby, killedAt);
      report(`the standby leads ${tookMs} ms after kill -9 of the leader, the first timer is ${lateMs} ms late`);
      expect(tookMs).toBeLessThan(AFTER_END_MS);
    });

    test('that was elected by lease and is killed with -9 is replaced when its lease ends, after 3 s', async () => {
      // The cluster's own schedulers elect by lock. So two schedulers lead for a moment, which is allowed.
      const env = { ...cluster().backing.env, RESONATE_STORAGE__ELECTION: 'lease' };
      const [one, other] = await Promise.all([
        RoleProcess.start('scheduler', env),
        RoleProcess.start('scheduler', env),
      ]);
      try {
        const leader = await until('one of them leads', STARTED_WITHIN_MS, () =>
          [one, other].find(({ leads }) => leads),
        );
        const standby = leader === one ? other : one;
        const killedAt = Date.now();
        await leader.kill9();
        const tookMs = await replacedAfter(standby, killedAt);
        report(`a leader by lease is replaced ${tookMs} ms after kill -9`);
        expect(tookMs).toBeLessThan(AFTER_SILENCE_MS);
      } finally {
        await one.dispose();
        await other.dispose();
      }
    });

    test('that is stopped hands over at once', async () => {
      const { leader, standby } = await cluster().schedulers();
      const stopped = leader.terminate();
      const lateMs = await timerFires(AFTER_END_MS);
      expect(await stopped).toBe(0);
      const [stopping] = leader.logged('shutting down');
      const tookMs = await replacedAfter(standby, loggedAt(stopping));
      report(`the standby leads ${tookMs} ms after SIGTERM of the leader, the first timer is ${lateMs} ms late`);
      expect(tookMs).toBeLessThan(AFTER_END_MS);
    });

    test('that is frozen is replaced after 3 s of silence, and is a standby when it is thawed', async () => {
      const { leader, standby } = await cluster().schedulers();
      const before = await shownLeader();
      const frozenAt = Date.now();
      leader.freeze();
      const lateMs = await timerFires(AFTER_SILENCE_MS);
      const tookMs = await replacedAfter(standby, frozenAt);
      report(`the standby leads ${tookMs} ms after SIGSTOP of the leader, the first timer is ${lateMs} ms late`);
      expect(tookMs).toBeLessThan(AFTER_SILENCE_MS);
      leader.thaw();
      await until('the thawed one knows', PATIENCE_MS, () => leader.logged('no longer the leader').length > 0);
      expect(await cluster().schedulers()).toEqual({ leader: standby, standby: leader });
      expect(await shownLeader()).not.toBe(before);
      expect(await fireTimer(cluster().apis[0], PATIENCE_MS)).toBeLessThan(FIRED_WITHIN_MS);
    });

    test('creates exactly one promise for each occurrence that the policies ask for, even if the leader has changed', async () => {
      const { url } = cluster();
      // Every schedule still creates promises after the last takeover.
      const since = Date.now();
      for (const [id] of SCHEDULES) {
        await until(`new and enough occurrences of ${id}`, PATIENCE_MS, async () => {
          const made = await searchPromises(url, { 'resonate:schedule': id });
          return made.length > ENOUGH && made.some(({ createdAt }) => createdAt > since);
        });
      }
      for (const [id] of SCHEDULES) await ask(url, 'schedule.delete', { id });
      for (const [id] of SCHEDULES) {
        const made = await searchPromises(url, { 'resonate:schedule': id });
        const seconds = made.map(({ createdAt }) => createdAt / 1_000).sort((a, b) => a - b);
        const first = seconds[0] ?? 0;
        const all = seconds.map((_, index) => first + index);
        if (id in COMPLETE) expect({ id, seconds }).toEqual({ id, seconds: all });
        // There are no two occurrences in one second, and none at a fraction of a second.
        expect({ id, seconds }).toEqual({ id, seconds: [...new Set(seconds)].filter(Number.isInteger) });
      }
      const canceled = await searchPromises(url, { 'resonate:schedule': 'each-second-cancel' });
      const pending = canceled.filter(({ state }) => state !== 'rejected_canceled');
      expect(pending).toMatchObject([{ createdAt: Math.max(...canceled.map(({ createdAt }) => createdAt)) }]);
    });
  });
}

/** The time of a log line, epoch ms. */
function loggedAt(line: Record<string, unknown> | undefined): number {
  return Date.parse(String(line?.['ts']));
}
