import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { runCommand } from '../processes/run-command.ts';
import { RESONATE } from '../processes/server-process.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

const ROOT = join(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

interface Mistake {
  args?: string[];
  env?: Record<string, string>;
  toml?: string;
  /** What the message must name. */
  names: string[];
}

/** No message may contain it. */
const SECRET = 'hunter2';

const MISTAKES: Record<string, Mistake> = {
  'no command': { args: [], names: ['--help'] },
  'an unknown command': { args: ['serv'], names: ['serve'] },
  'an unknown option': { args: ['serve', '--nope', '1'], names: ['nope'] },
  'a mistyped option': { args: ['serve', '--server-prot', '1'], names: ['server-prot', 'server-port'] },
  'an argument too many': { args: ['serve', 'now'], names: ['now'] },
  'a URL as an argument too many': {
    args: ['serve', `postgres://me:${SECRET}@host/db`],
    names: ['postgres://me:***@'],
  },
  'a URL as a command': { args: [`postgres://me:${SECRET}@host/db`, 'serve'], names: ['postgres://me:***@'] },
  'a URL as an option': { args: ['serve', `--postgres://me:${SECRET}@host/db`], names: ['postgres://me:***@'] },
  'an option without its value': { args: ['serve', '--server-port'], names: ['server-port'] },
  'an option given twice': { args: ['serve', '--server-port', '1', '--server-port', '2'], names: ['--server-port'] },
  'a port out of bounds': { args: ['serve', '--server-port', '65536'], names: ['server.port', '65536', '65535'] },
  'a port that is no number': { args: ['dev', '--server-port', 'http'], names: ['server.port', 'http', 'integer'] },
  'an unknown choice': { args: ['serve', '--level', 'loud'], names: ['--level', 'loud', 'debug, info, warn, error'] },
  'a duration out of bounds': { args: ['serve', '--tasks-retry-timeout', '0'], names: ['tasks.retry_timeout', '1'] },
  'an empty path of keys': { args: ['serve', '--auth-publickey', ''], names: ['auth.publickey', 'PEM'] },
  'a comma as the path of keys': { args: ['dev', '--auth-publickey', ','], names: ['auth.publickey', 'PEM'] },
  'an empty list of hosts': {
    args: ['dev', '--transports-http-push-allow-hosts', ''],
    names: ['transports.http_push.allow_hosts'],
  },
  'keys in a variable that is empty': { env: { RESONATE_AUTH__PUBLICKEY: '' }, names: ['RESONATE_AUTH__PUBLICKEY'] },
  'an empty list of keys in resonate.toml': { toml: '[auth]\npublickey = []\n', names: ['auth.publickey', '[]'] },
  'two servers on one port': {
    args: ['serve', '--server-port', '9090'],
    names: ['server.port', 'observability.metrics_port', '9090'],
  },
  'Postgres without its URL': {
    args: ['serve', '--storage-type', 'postgres'],
    names: ['storage.type', 'storage.postgres.url'],
  },
  'an unknown variable': {
    env: { RESONATE_SERVER__PROT: '1' },
    names: ['RESONATE_SERVER__PROT', 'RESONATE_SERVER__PORT'],
  },
  'a variable out of bounds': { env: { RESONATE_SERVER__PORT: '-1' }, names: ['RESONATE_SERVER__PORT', '-1'] },
  'an unknown key in resonate.toml': {
    toml: '[server]\nprot = 8001\n',
    names: ['server.prot', 'resonate.toml', 'server.port'],
  },
  'an unknown section in resonate.toml': { toml: '[sever]\nport = 8001\n', names: ['sever', 'resonate.toml'] },
  'a wrong type in resonate.toml': { toml: '[server]\nport = "web"\n', names: ['server.port', 'resonate.toml', 'web'] },
  'a syntax error in resonate.toml': { toml: '[server]\nport = = 1\n', names: ['resonate.toml', 'line 2'] },
};

describe('a server that is started with a mistake', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'resonate-cli-'));
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  test.each(Object.entries(MISTAKES))(
    'names it in one line, ends with code 2 and does nothing else: %s',
    async (_name, { args = ['serve'], env = {}, toml, names }) => {
      if (toml !== undefined) await writeFile(join(directory, 'resonate.toml'), toml);
      const { code, stdout, stderr } = await runCommand(RESONATE, args, { cwd: directory, env });
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^resonate: .+\n$/);
      for (const name of names) expect(stderr).toContain(name);
      expect(stderr).not.toContain(SECRET);
      expect(await readdir(directory)).toEqual(toml === undefined ? [] : ['resonate.toml']);
    },
  );
});

describe('asking for help', () => {
  test('--help lists the commands', async () => {
    const { code, stdout, stderr } = await runCommand(RESONATE, ['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/resonate serve\s/);
    expect(stdout).toMatch(/resonate dev\s/);
  });

  test.each(['--version', '-V'])('%s prints the version', async (option) => {
    const { code, stdout } = await runCommand(RESONATE, [option]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${version}\n` });
  });

  test.each(['help', 'help tasks', 'help promises search'])('%s prints the same as --help', async (command) => {
    const words = command.split(' ');
    const asked = await runCommand(RESONATE, words);
    const { stdout } = await runCommand(RESONATE, [...words.slice(1), '--help']);
    expect(asked).toEqual({ code: 0, stderr: '', stdout });
  });

  test.each(['promises', 'tasks', 'schedules', 'dead-letters'])('%s alone prints its help', async (group) => {
    const { code, stdout, stderr } = await runCommand(RESONATE, [group]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^resonate ${group}\n`));
    expect(stderr).toMatch(/^Examples:$/m);
  });

  test.each([
    [['promises', 'get'], 'missing argument <id>; usage: resonate promises get <id>'],
    [['promises', 'register-listener', 'p'], /^missing argument <address>; usage: /],
    [['promises', 'register-listener'], /^missing arguments <awaited>, <address>; usage: /],
    [['promises', 'create', 'p'], 'missing option --timeout'],
    [['tasks', 'claim', 't'], 'missing options --version, --pid, --ttl'],
    [['tasks', 'search', '--state', 'ready'], /^--state must be one of pending, acquired, .*, not "ready"$/],
  ])('%j names what is missing', async (args, message) => {
    const { code, stderr } = await runCommand(RESONATE, args);
    expect(code).toBe(2);
    const text = stderr.replace(/^resonate: |\n$/g, '');
    if (typeof message === 'string') expect(text).toBe(message);
    else expect(text).toMatch(message);
  });

  test.each(['api', 'scheduler', 'dispatcher', 'migrate', 'retention'])(
    '%s --help shows what it uses',
    async (name) => {
      const { stdout } = await runCommand(RESONATE, [name, '--help']);
      expect(stdout).toContain('--storage-type');
      expect(stdout).toContain('Other options of the server are accepted');
      expect(stdout.includes('--auth-publickey')).toBe(name === 'api');
      expect(stdout.includes('--retention-after')).toBe(name === 'scheduler' || name === 'retention');
      expect(stdout.includes('--transports-kafka-brokers')).toBe(name === 'dispatcher');
      expect(await runCommand(RESONATE, [name, '--auth-publickey', '', '--help'])).toMatchObject({ code: 0 });
    },
  );

  test.each(['serve', 'dev'])('%s --help lists the options with their defaults', async (command) => {
    const { code, stdout } = await runCommand(RESONATE, [command, '--help']);
    expect(code).toBe(0);
    const defaults: Record<string, string> = {
      '--server-host': '"localhost"',
      '--server-port': '8001',
      '--server-bind': '"0.0.0.0"',
      '--server-shutdown-timeout': '10000 ms',
      '--storage-type': '"sqlite"',
      '--storage-sqlite-path': '"resonate.db"',
      '--tasks-lease-timeout': '15000 ms',
      '--tasks-retry-timeout': '30000 ms',
      '--transports-http-poll-max-connections': '1000',
      '--observability-metrics-port': '9090',
      '--level': '"info"',
    };
    for (const [option, value] of Object.entries(defaults)) {
      expect([option, defaultIn(stdout, option)]).toEqual([option, value]);
    }
  });
});

/** The default that a help text shows for an option, which may stand some lines below its name. */
function defaultIn(help: string, option: string): string | undefined {
  const from = help.slice(help.search(new RegExp(`${option}\\s`)));
  return /\[default: (.*?)\]/.exec(from)?.[1];
}
