import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { GuardedServer } from '../../auth/guarded-server.ts';
import { freePort } from '../../processes/free-port.ts';
import { runCommand } from '../../processes/run-command.ts';
import { RESONATE } from '../../processes/server-process.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

const run = (args: string[], options: { cwd?: string; env?: Record<string, string> } = {}) =>
  runCommand(RESONATE, args, options);

describe('a client command', () => {
  let server: GuardedServer;

  beforeAll(async () => {
    server = await GuardedServer.start();
  });

  afterAll(() => server?.dispose());

  test('takes its server and token from the command line, else from the environment', async () => {
    const { url } = server.process;
    const token = server.token({ role: 'admin' });
    const get = ['promises', 'get', 'none'];
    const [flags, environment, ofSdks, both, without] = await Promise.all([
      run([...get, '-S', url, '-T', token]),
      run(get, { env: { RESONATE_SERVER: url, RESONATE_URL: 'http://127.0.0.1:9', RESONATE_TOKEN: token } }),
      run(get, { env: { RESONATE_URL: url, RESONATE_TOKEN: token } }),
      run([...get, '--server', `${url}/`, '--token', token], {
        env: { RESONATE_SERVER: 'http://127.0.0.1:9', RESONATE_TOKEN: 'wrong' },
      }),
      run([...get, '-S', url]),
    ]);
    for (const { stderr, code } of [flags, environment, ofSdks, both]) {
      expect({ stderr, code }).toEqual({ stderr: expect.stringContaining('(404)'), code: 1 });
    }
    expect(without).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining('(401)') });
  });

  test('reports that the server is not a Resonate server', async () => {
    const { code, stdout, stderr } = await run(['promises', 'get', 'a', '-S', server.process.metricsUrl]);
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^resonate: .+\n$/),
    });
  });

  test('shows no token in its help', async () => {
    const { stdout } = await run(['promises', '--help'], { env: { RESONATE_TOKEN: 'very-secret' } });
    expect(stdout).toContain('--token');
    expect(stdout).not.toContain('very-secret');
  });

  test('cluster shows the running processes, as JSON and as a table', async () => {
    const env = { RESONATE_TOKEN: server.token({ role: 'admin' }) };
    const json = await run(['cluster', '-S', server.process.url], { env });
    expect(JSON.parse(json.stdout)).toMatchObject({ processes: [{ role: 'all' }] });
    const table = await run(['cluster', '-S', server.process.url, '--output', 'table'], { env });
    expect(table.stdout).toMatch(/^ROLE +VERSION +HOST +UP +HEARTBEAT +ID\nall /);
  });
});

describe('a mistake', () => {
  /** What was typed, what the message must name, and the exit code. */
  const MISTAKES: Record<string, [args: string[], names: string[], code: number]> = {
    'an unknown subcommand': [['promises', 'gte', 'x'], ['get'], 2],
    'no id': [['promises', 'get'], ['argument', '<id>'], 2],
    'an argument too many': [['promises', 'get', 'a', 'b'], ['b'], 2],
    'an unknown option': [['promises', 'get', 'a', '--limit', '1'], ['--limit'], 2],
    'a required option left out': [['promises', 'create', 'a'], ['timeout'], 2],
    'an option given twice': [['promises', 'create', 'a', '--timeout', '1h', '--timeout', '2h'], ['--timeout'], 2],
    'a number that is none': [['promises', 'search', '--limit', 'many'], ['--limit', 'number'], 2],
    'an unknown output': [['promises', 'get', 'a', '--output', 'xml'], ['xml', 'table', 'json'], 2],
    'arguments in two ways': [['invoke', 'a', '-f', 'f', '--arg', '1', '--json-args', '[]'], ['json-args'], 2],
    'a time that is none': [['promises', 'create', 'a', '--timeout', '1 hour'], ['--timeout', '1 hour', '1h30m'], 1],
    'no time at all': [['promises', 'create', 'a', '--timeout', '0s'], ['--timeout', '0s'], 1],
    'JSON that is none': [['promises', 'create', 'a', '--timeout', '1h', '--tags', '{a}'], ['--tags', 'JSON'], 1],
    'a version of zero': [['invoke', 'a', '-f', 'f', '--version', '0'], ['--version'], 1],
    'a server that is no URL': [['promises', 'get', 'a', '-S', 'localhost'], ['localhost', 'http://'], 1],
    'a server that is not there': [['promises', 'get', 'a', '-S', 'http://127.0.0.1:9'], ['http://127.0.0.1:9'], 1],
  };

  test('is reported in one line, with its exit code', async () => {
    const told = await Promise.all(Object.values(MISTAKES).map(([args]) => run(args)));
    for (const [index, [name, [, names, code]]] of Object.entries(MISTAKES).entries()) {
      const result = { mistake: name, ...told[index] };
      const line = expect.stringMatching(/^resonate: .+\n$/);
      expect(result).toEqual({ mistake: name, code, stdout: '', stderr: line });
      for (const part of names) expect(result).toMatchObject({ stderr: expect.stringContaining(part) });
    }
  });
});

describe('commands that read a configuration', () => {
  let cwd: string;

  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'resonate-operation-'));
  });

  afterEach(() => rm(cwd, { recursive: true, force: true }));

  interface Check {
    check: string;
    status: string;
    detail: string;
  }

  async function doctor(...args: string[]): Promise<{ code: number | null; checks: Record<string, Check> }> {
    const { code, stdout, stderr } = await run(['doctor', ...args], { cwd });
    expect(stderr).toBe('');
    const { checks } = JSON.parse(stdout) as { checks: Check[] };
    return { code, checks: Object.fromEntries(checks.map((check) => [check.check, check])) };
  }

  test('config shows each value and its source, but no secrets', async () => {
    await writeFile(join(cwd, 'resonate.toml'), '[server]\nport = 9001\n');
    const env = { RESONATE_STORAGE__POSTGRES__URL: 'postgres://me:secret@db/x', RESONATE_SERVER__HOST: 'h' };
    const push = ['--transports-http-push-auth-mode', 'bearer', '--transports-http-push-auth-token', 'secret'];
    const args = ['config', '--storage-type', 'postgres', ...push];
    const [json, table] = await Promise.all([
      run(args, { cwd, env }),
      run([...args, '--output', 'table'], { cwd, env }),
    ]);
    const { options } = JSON.parse(json.stdout) as { options: { option: string; value: unknown; from: string }[] };
    const found = Object.fromEntries(options.map(({ option, value, from }) => [option, [value, from]]));
    expect(found).toMatchObject({
      level: ['info', 'default'],
      'server.port': [9001, 'server.port in resonate.toml'],
      'server.host': ['h', 'RESONATE_SERVER__HOST'],
      'storage.type': ['postgres', '--storage-type'],
      'storage.postgres.url': ['postgres://me:***@db/x', 'RESONATE_STORAGE__POSTGRES__URL'],
      'transports.http_push.auth.token': ['***', '--transports-http-push-auth-token'],
      'server.url': [null, 'default'],
    });
    expect(table.stdout).toMatch(/^server\.port +9001 +server\.port in resonate\.toml$/m);
    expect(json.stdout + table.stdout).not.toContain('secret@');
  });

  test('config refuses what a server would refuse, with the same exit code', async () => {
    const [mistyped, contradictory] = await Promise.all([
      run(['config', '--server-prot', '1'], { cwd }),
      run(['config', '--storage-type', 'postgres'], { cwd }),
    ]);
    expect(mistyped).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining('server-port?') });
    expect(contradictory).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining('storage.postgres.url') });
  });

  test('migrate creates the schema once, and doctor reports it before and after', async () => {
    const before = await doctor();
    expect(before).toMatchObject({ code: 0, checks: { store: { status: 'ok' }, schema: { status: 'ok' } } });
    expect(before.checks['schema']?.detail).toContain('none yet');
    expect(await readdir(cwd)).toEqual([]);
    const migrated = JSON.parse((await run(['migrate'], { cwd })).stdout) as { before: null; after: number };
    expect(migrated).toEqual({ database: 'sqlite', before: null, after: expect.any(Number) });
    const again = await run(['migrate'], { cwd });
    expect(JSON.parse(again.stdout)).toEqual({ ...migrated, before: migrated.after });
    const { checks } = await doctor('--transports-http-push-enabled', 'false');
    expect(checks).toMatchObject({
      schema: { status: 'ok', detail: `version ${migrated.after}` },
      'http push': { status: 'off' },
      'http poll': { status: 'ok' },
      kafka: { status: 'off' },
    });
  });

  test('doctor fails if something cannot be reached, names it, and shows no password', async () => {
    const [database, broker, queue] = [await freePort(), await freePort(), await freePort()];
    const { code, checks } = await doctor(
      ...['--storage-type', 'postgres', '--storage-postgres-url', `postgres://me:secret@127.0.0.1:${database}/x`],
      ...['--wakeup-type', 'none', '--transports-bash-exec-enabled'],
      ...['--transports-kafka-enabled', '--transports-kafka-brokers', `127.0.0.1:${broker}`],
      ...['--transports-sqs-enabled', '--transports-sqs-endpoint', `http://127.0.0.1:${queue}`],
    );
    const failed = (port: number) => ({ status: 'failed', detail: expect.stringContaining(String(port)) });
    expect(code).toBe(1);
    expect(checks).toMatchObject({ store: failed(database), kafka: failed(broker), sqs: failed(queue) });
    expect(checks).toMatchObject({ bash: { status: 'ok' }, 'wake-ups': { status: 'off' } });
    expect(JSON.stringify(checks)).not.toContain('secret');
  });

  test('doctor checks a broker of each Kafka cluster, and the file of certificates', async () => {
    const main = createServer().listen(0, '127.0.0.1');
    await once(main, 'listening');
    const [up, down] = [(main.address() as AddressInfo).port, await freePort()];
    const kafka = ['--transports-kafka-enabled', '--transports-kafka-brokers', `127.0.0.1:${up}`];
    const cluster = (name: string, port: number) => ['--transports-kafka-clusters', `${name}=127.0.0.1:${port}`];
    const secure = ['--transports-kafka-tls', '--transports-kafka-ca-file'];
    const empty = join(cwd, 'empty.pem');
    await writeFile(empty, 'nothing');
    const certificate = join(cwd, 'ca.pem');
    await writeFile(certificate, rootCertificates[0]!);
    try {
      const [all, oneOfTwo, secured, noFile, noCertificate] = await Promise.all([
        doctor(...kafka, ...cluster('eu', up), ...cluster('eu', down)),
        doctor(...kafka, ...cluster('eu', up), ...cluster('us', down)),
        doctor(...kafka, ...secure, certificate),
        doctor(...kafka, ...secure, join(cwd, 'none.pem')),
        doctor(...kafka, ...secure, empty),
      ]);
      expect(all.checks['kafka']).toMatchObject({ status: 'ok', detail: expect.stringContaining('eu=127.0.0.1') });
      const failed = (part: string) => ({ status: 'failed', detail: expect.stringContaining(part) });
      expect(oneOfTwo.checks['kafka']).toMatchObject(failed(`127.0.0.1:${down}`));
      expect(noFile.checks['kafka']).toMatchObject(failed('none.pem'));
      expect(noCertificate.checks['kafka']).toMatchObject(failed('contains no certificate'));
      expect(secured.checks['kafka']).toMatchObject({ status: 'ok' });
    } finally {
      main.close();
    }
  });

  test('doctor checks the files of public keys', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    await writeFile(join(cwd, 'public.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
    await writeFile(join(cwd, 'private.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const keyed = (file: string, ...more: string[]) => doctor('--auth-publickey', join(cwd, file), ...more);
    const [usable, missing, wrong, unread, unsigned, none] = await Promise.all([
      keyed('public.pem'),
      keyed('none.pem'),
      keyed('private.pem'),
      keyed('none.pem', '--for', 'dev', '--auth-publickey', join(cwd, 'public.pem')),
      doctor('--auth-publickey', 'none'),
      doctor(),
    ]);
    const failed = (part: string) => ({
      code: 1,
      checks: { auth: { status: 'failed', detail: expect.stringContaining(part) } },
    });
    expect(usable).toMatchObject({ code: 0, checks: { auth: { status: 'ok' } } });
    expect(missing).toMatchObject(failed('none.pem'));
    expect(wrong).toMatchObject(failed('only public keys'));
    expect(unread).toMatchObject(failed('none.pem'));
    expect(unsigned).toMatchObject({ code: 0, checks: { auth: { status: 'warning' } } });
    expect(none).toMatchObject({ code: 0, checks: { auth: { status: 'off' }, packages: { status: 'ok' } } });
  });

  test('a reader that closes the pipe early does not cause a failure', async () => {
    const shell = await runCommand('bash', ['-c', `'${RESONATE}' config | head -1; echo "\${PIPESTATUS[0]}"`], { cwd });
    expect(shell).toEqual({ code: 0, stdout: '{\n0\n', stderr: '' });
  });

  test('a full disk is reported in one line, with exit code 1', async () => {
    const { code, stderr } = await runCommand('bash', ['-c', `'${RESONATE}' config > /dev/full`], { cwd });
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'resonate: ENOSPC: no space left on device, write\n' });
  });
});
