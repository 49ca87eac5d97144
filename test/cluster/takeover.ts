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
/** The longest time that a takeover may take. */
const AFTER_KILL_MS = 2_000;
const AFTER_FREEZE_MS = 5_000;
/** The lease of a dead leader ends after 3 s. */
const AFTER_LEASE_MS = 4_500;
/** The standby tries to become leader five times per second. While the other suites of CI ran, this took up to 1.6 s. */
const AFTER_TERM_MS = 2_500;
/** This many occurrences are enough to see whether one is missing between them. */
const ENOUGH = 5;
/** The limit is higher than the expected time, so that a failure shows the measured time. */
const PATIENCE_MS = 20_000;

/** @param report gets how long no timers fired, as a client sees it. */
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

    test('fires timers at their time', async () => {
      const { lateMs } = await fireTimer(cluster().apis[0], PATIENCE_MS);
      expect(lateMs).toBeGreaterThanOrEqual(0);
      expect(lateMs).toBeLessThan(1_000);
    });

    test('that is killed with -9 is replaced by the standby within 2 s', async () => {
      const { leader } = await cluster().schedulers();
      await leader.kill9();
      const { tookMs } = await fireTimer(cluster().apis[0], PATIENCE_MS);
      report(`timers fire ${tookMs} ms after kill -9 of the leader`);
      expect(tookMs).toBeLessThan(AFTER_KILL_MS);
    });

    test('that was elected by lease and is killed with -9 is replaced when its lease ends, after 3 s', async () => {
      // The cluster's own schedulers elect by lock. So two schedulers lead for a moment, which is allowed.
      const env = { ...cluster().backing.env, RESONATE_STORAGE__ELECTION: 'lease' };
      const [one, other] = await Promise.all([
        RoleProcess.start('scheduler', env),
        RoleProcess.start('scheduler', env),
      ]);
      try {
        const leader = await until('one of them leads', 15_000, () => [one, other].find(({ leads }) => leads));
        const standby = leader === one ? other : one;
        const killedAt = Date.now();
        await leader.kill9();
        await until('the other one leads', PATIENCE_MS, () => standby.leads);
        const tookMs = Date.now() - killedAt;
        report(`a leader by lease is replaced ${tookMs} ms after kill -9`);
        expect(tookMs).toBeLessThan(AFTER_LEASE_MS);
      } finally {
        await one.dispose();
        await other.dispose();
      }
    });

    test('that is stopped hands over at once', async () => {
      const { leader } = await cluster().schedulers();
      const stopped = leader.terminate();
      const { tookMs } = await fireTimer(cluster().apis[0], PATIENCE_MS);
      report(`timers fire ${tookMs} ms after SIGTERM of the leader`);
      expect(tookMs).toBeLessThan(AFTER_TERM_MS);
      expect(await stopped).toBe(0);
    });

    test('that is frozen is replaced within 5 s, and is a standby when it is thawed', async () => {
      const { leader, standby } = await cluster().schedulers();
      leader.freeze();
      const { tookMs } = await fireTimer(cluster().apis[0], PATIENCE_MS);
      report(`timers fire ${tookMs} ms after SIGSTOP of the leader`);
      expect(tookMs).toBeLessThan(AFTER_FREEZE_MS);
      leader.thaw();
      await until('the thawed one knows', 10_000, () => leader.logged('no longer the leader').length > 0);
      expect(await cluster().schedulers()).toEqual({ leader: standby, standby: leader });
      const leaders = await until('the thawed one is shown as what it is', 10_000, async () => {
        const shown = (await cluster().shown()).filter((process) => process.leader);
        return shown.length === 1 && shown;
      });
      expect(leaders).toHaveLength(1);
      const { lateMs } = await fireTimer(cluster().apis[0], PATIENCE_MS);
      expect(lateMs).toBeLessThan(1_000);
    });

    test('creates exactly one promise for each occurrence that the policies ask for, even if the leader has changed', async () => {
      const { url } = cluster();
      // All schedules began within the same second.
      await until('there were occurrences enough', 20_000, async () => {
        return (await searchPromises(url, { 'resonate:schedule': 'each-second-allow' })).length > ENOUGH + 1;
      });
      const stoppedAt = Date.now();
      for (const [id] of SCHEDULES) await ask(url, 'schedule.delete', { id });
      for (const [id] of SCHEDULES) {
        const made = await searchPromises(url, { 'resonate:schedule': id });
        const seconds = made.map(({ createdAt }) => createdAt / 1_000).sort((a, b) => a - b);
        const first = seconds[0] ?? 0;
        const all = seconds.map((_, index) => first + index);
        if (id in COMPLETE) expect({ id, seconds }).toEqual({ id, seconds: all });
        // There are no two occurrences in one second, and none at a fraction of a second.
        expect({ id, seconds }).toEqual({ id, seconds: [...new Set(seconds)].filter(Number.isInteger) });
        expect(seconds.length).toBeGreaterThan(id in COMPLETE ? ENOUGH : 0);
        expect(stoppedAt / 1_000 - (seconds.at(-1) ?? 0)).toBeLessThan(1.5);
      }
      const canceled = await searchPromises(url, { 'resonate:schedule': 'each-second-cancel' });
      const pending = canceled.filter(({ state }) => state !== 'rejected_canceled');
      expect(pending).toMatchObject([{ createdAt: Math.max(...canceled.map(({ createdAt }) => createdAt)) }]);
    });
  });
}
