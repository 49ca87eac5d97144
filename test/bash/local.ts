import { describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { isAlive } from '@resonate/testkit';
import { until } from '../processes/until.ts';
import { call } from '../processes/wire.ts';
import { base64, gone, lines, outcome, pids, settled, submit } from './scripts.ts';
import { LEASE_MS, MAX_OUTPUT, MAX_RUNNING, PASSED, SECRETS, type BashServer } from './server.ts';

/** Long enough for a script to start on a busy machine. One test waits for this time. */
const STARTED_WITHIN_MS = 8_000;
const UNREADABLE = ['rejected', 'param.data is missing or not valid base64/utf-8'];

export function localTests(server: () => BashServer): void {
  const url = () => server().url;
  const file = () => server().freshFile();

  describe('a script on this machine', () => {
    test('that exits with 0 resolves its promise with its trimmed stdout, as plain text', async () => {
      expect(await outcome(url(), 'echo; echo "  one"; echo two; echo noise >&2; echo')).toEqual([
        'resolved',
        'one\ntwo',
      ]);
      expect(await outcome(url(), 'true', { target: 'bash://bash' })).toEqual(['resolved', '']);
      expect(await outcome(url(), 'printf "gr\\xc3\\xbcn \\xff"')).toEqual(['resolved', 'grün \ufffd']);
    });

    test('that exits with another code rejects it with its stderr, or else with the code', async () => {
      expect(await outcome(url(), 'echo half; echo " no such thing " >&2; exit 3')).toEqual([
        'rejected',
        'no such thing',
      ]);
      expect(await outcome(url(), 'echo half; exit 3')).toEqual(['rejected', 'exit code 3']);
    });

    test.each([
      ['missing', ''],
      ['not base64', 'echo hi!'],
      ['base64 without its padding', 'aGk'],
      ['not UTF-8', Buffer.from([0x65, 0xff]).toString('base64')],
    ])('that is %s rejects it', async (_, data) => {
      expect(await outcome(url(), '', { data })).toEqual(UNREADABLE);
    });

    test('that cannot be started rejects it with the reason', async () => {
      expect(await outcome(url(), `: ${'x'.repeat(200_000)}`)).toEqual([
        'rejected',
        'failed to start bash: the script is too long for the argument list of a command',
      ]);
      const [state, reason] = await outcome(url(), 'echo \0');
      expect([state, reason]).toEqual([
        'rejected',
        'failed to start bash: the script or the promise id has a NUL character',
      ]);
    });

    test('has its promise in its environment, and an empty standard input', async () => {
      const script = 'cat; echo "$RESONATE_PROMISE_ID $RESONATE_PROMISE_CREATED_AT $RESONATE_PROMISE_TIMEOUT_AT"';
      const { id, createdAt, timeoutAt, value } = await settled(url(), await submit(url(), script));
      expect(value.data).toBe(`${id} ${createdAt} ${timeoutAt}`);
    });

    test('gets only the variables of the server that are passed to it', async () => {
      const [, environment = ''] = await outcome(
        url(),
        'tr "\\0" "\\n" < /proc/$$/environ; env; tr "\\0" " " < /proc/$$/cmdline',
      );
      for (const secret of SECRETS) expect(environment).not.toContain(secret);
      const own = environment.match(/RESONATE_\w+/g) ?? [];
      expect([...new Set(own)].sort()).toEqual([
        'RESONATE_PROMISE_CREATED_AT',
        'RESONATE_PROMISE_ID',
        'RESONATE_PROMISE_TIMEOUT_AT',
      ]);
      expect(environment).toContain(`${PASSED.name}=${PASSED.value}`);
      expect(environment).toContain('\nPATH=');
    });

    test('whose stdout is too long is terminated and rejects its promise; of a long stderr the end is kept', async () => {
      expect(await outcome(url(), 'yes')).toEqual([
        'rejected',
        `stdout is longer than ${MAX_OUTPUT} bytes (transports.bash_exec.max_output)`,
      ]);
      const [state, reason = ''] = await outcome(url(), 'yes noise | head -c 300000 >&2; echo the end >&2; exit 1');
      expect(state).toBe('rejected');
      expect(reason.length).toBeLessThan(MAX_OUTPUT + 100);
      expect(reason).toMatch(/^\[the last \d+ bytes\]\n[^]*the end$/);
    });

    test('keeps its lease while it runs, so it runs only once', async () => {
      const log = file();
      const [, data] = await outcome(url(), `echo run >> ${log}; sleep ${(1.5 * LEASE_MS) / 1000}; echo done`);
      expect(data).toBe('done');
      expect(lines(log)).toEqual(['run']);
    });

    test('that is killed by a signal does not settle its promise, and runs again when its lease expires', async () => {
      const log = file();
      const id = await submit(url(), `echo run >> ${log}; [ $(wc -l < ${log}) -gt 1 ] || kill -KILL $$; echo survived`);
      expect((await settled(url(), id)).value.data).toBe('survived');
      expect(lines(log)).toEqual(['run', 'run']);
    });

    test('leaves no process behind', async () => {
      const log = file();
      await outcome(url(), `sleep 1000 > /dev/null 2>&1 & echo $! >> ${log}`);
      const [sleeper = 0] = await pids(log, 1);
      await gone(sleeper);
    });
  });

  describe('a script whose promise', () => {
    test.each([
      ['obeys SIGTERM', ''],
      ['ignores SIGTERM', "trap '' TERM; "],
    ])('is settled by another client is terminated with its children: it %s', async (_, trap) => {
      const log = file();
      const id = await submit(
        url(),
        `${trap}sleep 1000 & echo $! >> ${log}; echo $$ >> ${log}; wait; wait; sleep 1000`,
      );
      const running = await pids(log, 2);
      await call(url(), 'promise.settle', { id, state: 'resolved', value: { data: 'theirs' } });
      await Promise.all(running.map((pid) => gone(pid)));
      expect((await settled(url(), id)).value.data).toBe('theirs');
    });

    test('times out is terminated', async () => {
      const log = file();
      const id = await submit(url(), `echo $$ >> ${log}; sleep 1000; true`, {
        timeoutAt: Date.now() + STARTED_WITHIN_MS,
      });
      const [script = 0] = await pids(log, 1);
      await gone(script);
      expect((await settled(url(), id)).state).toBe('rejected_timedout');
    });

    test('is halted is terminated, and runs again when its task is continued', async () => {
      const log = file();
      const id = await submit(url(), `echo $$ >> ${log}; [ $(wc -l < ${log}) -gt 1 ] || sleep 1000; echo again`);
      const [script = 0] = await pids(log, 1);
      await call(url(), 'task.halt', { id });
      await gone(script);
      await call(url(), 'task.continue', { id });
      expect((await settled(url(), id)).value.data).toBe('again');
    });
  });

  test('no more than max_running scripts run at once; the others wait', async () => {
    const [log, go] = [file(), `${file()}.go`];
    const script = `echo $$ >> ${log}; until [ -e ${go} ]; do sleep 0.05; done`;
    const ids = await Promise.all(Array.from({ length: 3 * MAX_RUNNING }, () => submit(url(), script)));
    const first = await pids(log, MAX_RUNNING);
    // Enough time to start one more script. One that starts later has waited.
    await expect(until('one more runs', 1_000, () => lines(log).length > MAX_RUNNING)).rejects.toThrow('not within');
    expect(first.filter(isAlive)).toHaveLength(MAX_RUNNING);
    writeFileSync(go, '');
    for (const id of ids) expect((await settled(url(), id)).state).toBe('resolved');
    expect(lines(log)).toHaveLength(ids.length);
  });

  test('an unblock for bash:// is dropped, and scripts still run', async () => {
    const id = `plain-${Date.now()}`;
    await call(url(), 'promise.create', { id, timeoutAt: Date.now() + 600_000, param: { data: base64('echo') } });
    await call(url(), 'promise.register_listener', { awaited: id, address: 'bash://' });
    await call(url(), 'promise.settle', { id, state: 'resolved', value: {} });
    await server().process.logged('bash targets accept only execute messages: unblock dropped');
    expect(await outcome(url(), 'echo on')).toEqual(['resolved', 'on']);
  });
}
