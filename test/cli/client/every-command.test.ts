import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { FAR_FUTURE } from '../../http/state.ts';
import { freePort } from '../../processes/free-port.ts';
import { HttpClient } from '../../processes/http-client.ts';
import { runCommand } from '../../processes/run-command.ts';
import { RESONATE, ServerProcess } from '../../processes/server-process.ts';
import { until } from '../../processes/until.ts';
import { resonateFor, type Resonate } from './resonate.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

/** Commands with tests elsewhere: servers run until they are stopped (test/cli/log.test.ts), `mcp` serves a program (test/mcp). */
const ELSEWHERE = ['serve', 'dev', 'api', 'scheduler', 'dispatcher', 'mcp'];
const WORK = '{"resonate:target":"poll://any@nobody"}';

/** The arguments of a command, and a pattern of one line that it prints on a terminal. */
type Step = readonly [args: readonly string[], line: RegExp];

let server: ServerProcess;
let client: HttpClient;
let resonate: Resonate;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'resonate-commands-'));
  const args = ['--debug', '--messages-max-attempts', '1', '--messages-circuit-failures', '1000'];
  server = await ServerProcess.start({ command: 'dev', args });
  client = new HttpClient(server.url);
  resonate = resonateFor(server.url);
  await writeFile(join(directory, 'promises.json'), '{"promises":[],"tasks":[]}');
});

afterAll(async () => {
  client?.close();
  await server?.dispose();
  await rm(directory, { recursive: true, force: true });
});

const typed = (text: string, ...more: string[]): string[] => [...text.split(' '), ...more];
const action = (kind: string, data: object): string => JSON.stringify({ kind, head: {}, data });

/** Every client command, in chains that may run at the same time. @param id makes the ids of one run unique. */
function chains(id: string, letter: (nth: number) => number): Step[][] {
  const [p, w, t] = [`${id}.p`, `${id}.w`, `${id}.t`];
  const settled = (state: string) => new RegExp(`^state +${state}$`);
  const child = { id: `${t}.child`, timeoutAt: FAR_FUTURE };
  const callback = { kind: 'promise.register_callback', head: {}, data: { awaited: child.id, awaiter: t } };
  const claim = (version: number) => typed(`tasks claim ${t} --pid me --ttl 1m --version ${version}`);
  const held = /^task\.state +acquired$/;
  const database = join(directory, `${id}.db`);
  return [
    [
      [typed(`promises create ${p} --timeout 1h`), settled('pending')],
      [typed(`promises create ${w} --timeout 1h --tags`, WORK), settled('pending')],
      [typed(`promises get ${p}`), settled('pending')],
      [typed(`promises why ${p}`), /^What to do: /],
      [typed(`promises register-listener ${p} poll://uni@a/b`), settled('pending')],
      [typed(`promises register-callback ${p} ${w}`), settled('pending')],
      [typed(`promises resolve ${p} --value`, '{"data":"done"}'), /^value\.data +done$/],
      [typed(`promises reject ${w}`), settled('rejected')],
      [typed(`promises create ${id}.c --timeout 1h`), settled('pending')],
      [typed(`promises cancel ${id}.c`), settled('rejected_canceled')],
      [typed('promises search --state resolved'), /^ID +STATE +FUNCTION +CREATED +TOOK +TIMEOUT +TARGET +VALUE$/],
    ],
    [
      [typed(`tasks create ${t} --pid me --ttl 1m --timeout 1h --tags`, WORK), held],
      [typed('tasks heartbeat --pid me --tasks', `[{"id":"${t}","version":1}]`), /^done$/],
      [
        typed(`tasks fence ${t} --version 1 --action`, action('promise.create', child)),
        /^action\.kind +promise\.create$/,
      ],
      [typed(`tasks suspend ${t} --version 1 --actions`, JSON.stringify([callback])), /^done$/],
      [typed(`promises resolve ${child.id}`), settled('resolved')],
      [claim(1), held],
      [typed(`tasks release ${t} --version 2`), /^done$/],
      [typed(`tasks halt ${t}`), /^done$/],
      [typed(`tasks get ${t}`), settled('halted')],
      [typed(`tasks continue ${t}`), /^done$/],
      [typed(`tasks deliver ${t}`), /^dueAt +\d{4}-/],
      [claim(2), held],
      [
        typed(`tasks complete ${t} --version 3 --action`, action('promise.settle', { id: t, state: 'resolved' })),
        settled('resolved'),
      ],
      [typed('tasks search'), /^ID +STATE +VERSION +RESUMES +HELD BY +LEASE$/],
    ],
    [
      [
        typed(`schedules create ${id} --promise-id ${id}.{{.timestamp}} --promise-timeout 1h --cron`, '0 0 1 1 *'),
        /^cron +0 0 1 1 \*$/,
      ],
      [typed(`schedules get ${id}`), /^promiseTimeout +60 min$/],
      [typed(`schedules preview ${id} --limit 1`), /^(Sun|Mon|Tue|Wed|Thu|Fri|Sat) \d{4}-01-01 00:00:00Z$/],
      [typed(`schedules why ${id}`), /^What to do: /],
      [typed(`schedules update ${id} --timezone UTC`), /^timezone +UTC$/],
      [typed(`schedules pause ${id}`), /^pausedAt +\d{4}-/],
      [typed(`schedules resume ${id}`), /^nextRunAt +\d{4}-01-01 00:00:00Z$/],
      [typed(`schedules trigger ${id}`), /^promise\.state +pending$/],
      [typed('schedules search'), /^ID +CRON +NEXT RUN +LAST RUN +PROMISE +TIMEOUT +FAULT/],
      [typed(`schedules delete ${id}`), /^done$/],
    ],
    [
      [typed('dead-letters list'), /^ID +PROMISE +ADDRESS +ATTEMPTS +FAILED AT +LAST ERROR$/],
      [typed(`dead-letters show ${letter(0)}`), /^awaited +dead/],
      [typed(`dead-letters drop ${letter(0)}`), /^dropped +1$/],
      [typed(`dead-letters redrive ${letter(1)}`), /^redriven +1$/],
    ],
    [
      [
        typed(`invoke ${id}.call -f f --target poll://any@nobody`),
        /^param\.data +\{"func":"f","args":\[\],"version":1\}$/,
      ],
      [typed(`tree ${id}.call`), new RegExp(`^${id}\\.call 🟡`)],
      [['cluster'], /^ROLE +VERSION +HOST +UP +HEARTBEAT +ID$/],
      [['jobs'], /^JOB +STATE +STARTED +TOOK +DONE +ERROR +PROCESS$/],
      [['config'], /^OPTION +VALUE +FROM$/],
      [typed(`migrate --storage-sqlite-path ${database}`), /^sqlite +empty +\d+$/],
      [typed(`retention --dry-run --storage-sqlite-path ${database}`), /would be deleted/],
      [typed(`import --from ${join(directory, 'promises.json')}`), /^promises +0$/],
      // This line is printed over the progress line, so it does not begin at the start of a line.
      [typed('doctor --for dev'), /CHECK +STATUS +DETAIL$/],
      [['completion', 'zsh'], /^#compdef resonate/],
    ],
  ];
}

/** Registers listeners at an address where no server listens. @returns the ids of their dead letters. */
async function deadLetters(count: number): Promise<number[]> {
  const address = `http://127.0.0.1:${await freePort()}/`;
  for (let n = 0; n < count; n++) {
    const id = `dead${n}`;
    await client.rpc('promise.create', { id, timeoutAt: FAR_FUTURE });
    await client.rpc('promise.register_listener', { awaited: id, address });
    await client.rpc('promise.settle', { id, state: 'resolved' });
  }
  return until('the messages are dead', 30_000, async () => {
    const answer = await client.send({ path: '/admin/dead-letters' });
    const letters = (JSON.parse(answer.body) as { deadLetters: { id: number }[] }).deadLetters;
    return letters.length === count && letters.map(({ id }) => id);
  });
}

test('every command prints a table or fields on a terminal and JSON to a pipe', async () => {
  const letters = await deadLetters(4);
  const onTerminal = async ([args, line]: Step) => {
    const lines = await resonate.terminal(...args);
    expect({ args, lines }).toEqual({ args, lines: expect.arrayContaining([expect.stringMatching(line)]) });
  };
  const piped = async ([args]: Step) => {
    const { code, stdout, stderr } = await resonate.run(...args);
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
    if (!/^(completion|tree)/.test(args[0]!)) expect(typeof JSON.parse(stdout)).toBe('object');
  };
  const inTurn = async (steps: Step[], check: (step: Step) => Promise<void>) => {
    for (const step of steps) await check(step);
  };
  await Promise.all([
    ...chains('screen', (nth) => letters[nth]!).map((steps) => inTurn(steps, onTerminal)),
    ...chains('pipe', (nth) => letters[nth + 2]!).map((steps) => inTurn(steps, piped)),
  ]);
});

test('these tests run every command', async () => {
  const complete = async (...words: string[]) => {
    const args = ['--get-yargs-completions', 'resonate', ...words, ''];
    const { stdout } = await runCommand(RESONATE, args, { env: { SHELL: '/bin/bash' } });
    return stdout.split('\n').filter((word) => /^[a-z]/.test(word));
  };
  const commands = (await complete()).filter((name) => !ELSEWHERE.includes(name));
  const groups = ['promises', 'tasks', 'schedules', 'dead-letters'];
  const subcommands = await Promise.all(
    groups.map(async (group) => (await complete(group)).map((name) => `${group} ${name}`)),
  );
  const run = chains('', () => 0).flatMap((steps) => steps.map(([[name = '', subcommand = '']]) => [name, subcommand]));
  expect(run.map(([name]) => name)).toEqual(expect.arrayContaining(commands));
  expect(run.map((words) => words.join(' '))).toEqual(expect.arrayContaining(subcommands.flat()));
  expect(subcommands.flat().length).toBeGreaterThan(30);
});
