import { describe, expect, test } from '@jest/globals';
import { until } from '../processes/until.ts';
import { call } from '../processes/wire.ts';
import { gone, lines, outcome, pids, settled, submit } from './scripts.ts';
import { MAX_OUTPUT, SECRETS, type BashServer } from './server.ts';

export function containerTests(server: () => BashServer): void {
  const url = () => server().url;
  const file = () => server().freshFile();

  describe('a script in a docker container', () => {
    const target = 'bash://docker/images.example.com:5000/tools/bash:5@sha256:00ff';

    test('runs in its image; its environment has its promise and none of the secrets of the server', async () => {
      const { id, value } = await settled(url(), await submit(url(), 'env; env', { target }));
      expect(value.data).toContain(`RESONATE_PROMISE_ID=${id}`);
      expect(value.data).toContain('IMAGE=images.example.com:5000/tools/bash:5@sha256:00ff');
      for (const secret of SECRETS) expect(value.data).not.toContain(secret);
      expect(value.data?.match(/RESONATE_\w+=/g)).toHaveLength(6);
    });

    test('settles its promise as a local one does', async () => {
      expect(await outcome(url(), 'echo; echo hi', { target })).toEqual(['resolved', 'hi']);
      expect(await outcome(url(), 'echo oops >&2; exit 4', { target })).toEqual(['rejected', 'oops']);
      expect(await outcome(url(), 'exit 4', { target })).toEqual(['rejected', 'exit code 4']);
    });

    test('whose image does not exist or has no valid name rejects its promise', async () => {
      const [state, reason] = await outcome(url(), 'echo', { target: 'bash://docker/no/such:image' });
      expect([state, reason]).toEqual(['rejected', expect.stringContaining('pull access denied')]);
      expect(await outcome(url(), 'echo', { target: 'bash://docker/--privileged' })).toEqual([
        'rejected',
        '--privileged is not the name of an image',
      ]);
    });

    test('that cannot start because the docker daemon is down runs again', async () => {
      expect(await outcome(url(), 'echo hi', { target: 'bash://docker/stopped/daemon' })).toEqual(['resolved', 'hi']);
    });

    test('that is killed by a signal does not settle its promise, and runs again', async () => {
      await Promise.all(['kill -KILL $$', 'exit 143'].map((kill) => runsAgainAfter(kill)));
    });

    /** Docker turns SIGTERM into exit code 143. */
    async function runsAgainAfter(kill: string): Promise<void> {
      const log = file();
      const id = await submit(url(), `echo run >> ${log}; [ $(wc -l < ${log}) -gt 1 ] || ${kill}; echo survived`, {
        target,
      });
      expect((await settled(url(), id)).value.data).toBe('survived');
      expect(lines(log)).toEqual(['run', 'run']);
    }

    test('is removed when another client settles its promise, even if its shell ignores SIGTERM', async () => {
      const log = file();
      const id = await submit(url(), `echo $$ >> ${log}; sleep 1000; true`, { target });
      const [script = 0] = await pids(log, 1);
      await call(url(), 'promise.settle', { id, state: 'resolved', value: {} });
      await gone(script);
    });
  });

  describe('a script in a Tensorlake sandbox', () => {
    const target = 'bash://tensorlake/python-3.11';
    const last = () => server().tensorlake.sandboxes.at(-1);

    test('runs in its image; its environment has its promise; the sandbox is deleted afterwards', async () => {
      const { id, value } = await settled(url(), await submit(url(), 'env; echo warning >&2', { target }));
      expect(value.data).toContain(`RESONATE_PROMISE_ID=${id}`);
      // Tensorlake does not separate stderr and stdout.
      expect(value.data).toContain('warning');
      for (const secret of SECRETS) expect(value.data).not.toContain(secret);
      expect(last()?.request).toEqual({ timeout_secs: 600, image: 'python-3.11' });
      expect(last()?.deleted).toBe(true);
    });

    test('without an image runs in the default one', async () => {
      expect(await outcome(url(), 'echo a; echo b', { target: 'bash://tensorlake' })).toEqual(['resolved', 'a\nb']);
      expect(last()?.request).toEqual({ timeout_secs: 600 });
    });

    test('rejects its promise with its output, or else with its exit code', async () => {
      const before = server().tensorlake.sandboxes.length;
      const scripts = ['echo oops; exit 3', 'exit 3', `yes | head -c ${2 * MAX_OUTPUT}`];
      expect(await Promise.all(scripts.map((script) => outcome(url(), script, { target })))).toEqual([
        ['rejected', 'oops'],
        ['rejected', 'exit code 3'],
        ['rejected', `stdout is longer than ${MAX_OUTPUT} bytes (transports.bash_exec.max_output)`],
      ]);
      expect(
        server()
          .tensorlake.sandboxes.slice(before)
          .map(({ deleted }) => deleted),
      ).toEqual([true, true, true]);
    });

    test('that Tensorlake refuses rejects its promise; after a 503 of Tensorlake it is tried again', async () => {
      const { refusals, sandboxes } = server().tensorlake;
      refusals.push([422, { error: 'no such image' }]);
      expect(await outcome(url(), 'echo', { target })).toEqual([
        'rejected',
        'tensorlake: status 422 {"error":"no such image"}',
      ]);
      const before = sandboxes.length;
      refusals.push([503]);
      expect(await outcome(url(), 'echo hi', { target })).toEqual(['resolved', 'hi']);
      expect(sandboxes.length).toBe(before + 1);
    });

    test('whose sandbox times out does not settle its promise, and runs again', async () => {
      const log = file();
      const id = await submit(url(), `echo $$ >> ${log}; [ $(wc -l < ${log}) -gt 1 ] || sleep 1000; echo again`, {
        target,
      });
      await pids(log, 1);
      const sandbox = last();
      if (sandbox) server().tensorlake.expire(sandbox);
      expect((await settled(url(), id)).value.data).toBe('again');
      expect(sandbox?.deleted).toBe(true);
      expect(last()).not.toBe(sandbox);
    });

    test('loses its sandbox when another client settles its promise', async () => {
      const log = file();
      const id = await submit(url(), `echo $$ >> ${log}; sleep 1000; true`, { target });
      const [script = 0] = await pids(log, 1);
      await call(url(), 'promise.settle', { id, state: 'resolved', value: {} });
      await until('the sandbox is deleted', 30_000, () => last()?.deleted);
      await gone(script);
    });
  });
}
