import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { effectiveOptions, loadConfig, type Config, type Sources } from './index.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Loads the configuration with this resonate.toml in the working directory. */
function load(toml: string, sources: Sources = {}) {
  writeFileSync(join(folder, 'resonate.toml'), toml);
  return loadConfig({ cwd: folder, ...sources });
}

interface Case {
  toml: string;
  env: string;
  flag: unknown;
  pick: (config: Config) => unknown;
  values: [toml: unknown, env: unknown, flag: unknown];
}

const LAYERED: Record<string, Case> = {
  'server.port': { toml: '1001', env: '1002', flag: '1003', pick: (c) => c.server.port, values: [1001, 1002, 1003] },
  'server.host': { toml: '"a"', env: 'b', flag: 'c', pick: (c) => c.server.host, values: ['a', 'b', 'c'] },
  'server.url': {
    toml: '"http://a"',
    env: 'https://b',
    flag: 'http://c:1',
    pick: (c) => c.server.url,
    values: ['http://a', 'https://b', 'http://c:1'],
  },
  'tasks.lease_timeout': {
    toml: '"2s"',
    env: '1m30s',
    flag: '500',
    pick: (c) => c.tasks.leaseTimeoutMs,
    values: [2000, 90_000, 500],
  },
  'transports.gcps.enabled': {
    toml: 'true',
    env: 'FALSE',
    flag: '',
    pick: (c) => c.transports.gcps.enabled,
    values: [true, false, true],
  },
  level: { toml: '"debug"', env: 'warn', flag: 'error', pick: (c) => c.level, values: ['debug', 'warn', 'error'] },
  'server.cors.allow_origins': {
    toml: '["http://a"]',
    env: 'http://b, http://c',
    flag: ['http://d', 'http://e'],
    pick: (c) => c.server.cors.allowOrigins,
    values: [['http://a'], ['http://b', 'http://c'], ['http://d', 'http://e']],
  },
};

describe('layers', () => {
  test.each(Object.entries(LAYERED))('%s: defaults < resonate.toml < environment < flags', (path, given) => {
    const toml = `${path} = ${given.toml}`;
    const env = { [`RESONATE_${path.toUpperCase().replaceAll('.', '__')}`]: given.env };
    const flags = { [path.replaceAll(/[._]/g, '-')]: given.flag };
    const loaded = [load(toml), load(toml, { env }), load(toml, { env, flags }), load('', { env, flags })];
    expect(loaded.map(({ config }) => given.pick(config))).toEqual([...given.values, given.values[2]]);
    expect(loaded.map(({ origins }) => origins[path]?.layer)).toEqual(['toml', 'env', 'flag', 'flag']);
    expect(loaded.map(({ origins }) => origins[path]?.name)).toEqual([
      `${path} in resonate.toml`,
      Object.keys(env)[0],
      `--${Object.keys(flags)[0]}`,
      `--${Object.keys(flags)[0]}`,
    ]);
  });

  test('a resonate.toml is optional, one that was named is not', () => {
    expect(loadConfig({ cwd: join(folder, 'nowhere') }).config.server.port).toBe(8001);
    expect(() => loadConfig({ tomlPath: join(folder, 'nowhere.toml') })).toThrow(/cannot read .*nowhere\.toml: ENOENT/);
  });

  test('the file of the public documentation is read', () => {
    const { config } = load(`
      level = "info"
      [server]
      host = "localhost"
      port = 8001
      [storage]
      type = "postgres"
      [storage.postgres]
      url = "postgres://user:pass@host:5432/resonate"
      pool_size = 20
      [tasks]
      lease_timeout = 15000
      [transports.gcps]
      enabled = true
      project = "my-gcp-project-id"
      [auth]
      publickey = "/etc/resonate/auth/public.pem"`);
    expect(config.storage.postgres).toMatchObject({ url: 'postgres://user:pass@host:5432/resonate', poolSize: 20 });
    expect(config.transports.gcps).toEqual({ enabled: true, project: 'my-gcp-project-id' });
    expect(config.auth.publickey).toEqual(['/etc/resonate/auth/public.pem']);
  });

  test('an environment variable that is undefined counts as not set', () => {
    const { config } = load('server.port = 7', { env: { RESONATE_LEVEL: undefined } });
    expect(config.server.port).toBe(7);
  });
});

describe('a Postgres URL', () => {
  const urlOf = (url: string) =>
    load('', { flags: { 'storage-type': 'postgres', 'storage-postgres-url': url } }).config.storage.postgres.url;

  test.each(['postgres://u:p@a:5432,b:5432/db?target_session_attrs=read-write', 'postgres://u:p,q@a,b,[::1]:5432/db'])(
    '%s names several servers',
    (url) => {
      expect(urlOf(url)).toBe(url);
    },
  );

  test.each(['postgres://a:x,b:5432/db', 'mysql://a,b/db', 'a,b'])('%s is refused', (url) => {
    expect(() => urlOf(url)).toThrow('must be a URL such as postgres://');
  });
});

describe('resonate dev', () => {
  const production = { RESONATE_STORAGE__TYPE: 'postgres', RESONATE_STORAGE__POSTGRES__URL: 'postgres://h/d' };

  test('stores in memory, even if resonate.toml or the environment names a database', () => {
    const { config, origins } = load('storage.sqlite.path = "mine.db"\nwakeup.type = "postgres"', {
      env: production,
      command: 'dev',
    });
    expect(config.storage).toMatchObject({ type: 'sqlite', sqlite: { path: ':memory:' } });
    expect(origins['storage.type']).toEqual({ layer: 'command', name: 'resonate dev' });
    expect(load('', { env: production, command: 'serve' }).config.storage.type).toBe('postgres');
  });

  test('writes a file when a flag says so', () => {
    const flags = { 'storage-sqlite-path': 'mine.db' };
    expect(load('', { command: 'dev', flags }).config.storage.sqlite.path).toBe('mine.db');
  });
});

describe('CORS origins', () => {
  const origins = (sources: Sources, toml = '') => load(toml, sources).config.server.cors.allowOrigins;

  test.each(['server-cors-allow-origin', 'server-cors-allow-origins'])('--%s, once, repeated or as a list', (flag) => {
    expect(origins({ flags: { [flag]: '*' } })).toEqual(['*']);
    expect(origins({ flags: { [flag]: ['http://a', 'http://b'] } })).toEqual(['http://a', 'http://b']);
    expect(origins({ flags: { [flag]: ['http://a,http://b', 'http://c'] } })).toHaveLength(3);
  });

  test.each(['RESONATE_SERVER__CORS__ALLOW_ORIGIN', 'RESONATE_SERVER__CORS__ALLOW_ORIGINS'])('%s', (name) => {
    expect(origins({ env: { [name]: 'http://a,http://b' } })).toEqual(['http://a', 'http://b']);
    expect(origins({ env: { [name]: '["http://a", "http://b"]' } })).toEqual(['http://a', 'http://b']);
  });

  test('the values of both spellings are joined, and resonate.toml accepts either spelling', () => {
    const flags = {
      'server-cors-allow-origin': ['http://a', 'http://b'],
      'server-cors-allow-origins': ['http://b', 'http://c'],
    };
    expect(origins({ flags })).toEqual(['http://a', 'http://b', 'http://c']);
    expect(origins({}, 'server.cors.allow_origin = "http://a"')).toEqual(['http://a']);
    expect(origins({}, '[server.cors]\nallow_origins = ["http://a", "*"]')).toEqual(['http://a', '*']);
    const both = '[server.cors]\nallow_origin = "http://a,http://b"\nallow_origins = ["http://c"]';
    expect(origins({}, both)).toEqual(['http://a', 'http://b', 'http://c']);
  });
});

test.each([
  ['retention.tags', 'keep=true:never, team=billing-*:365d', (c: Config) => c.retention.tags],
  ['auth.publickey', 'a.pem,b.pem', (c: Config) => c.auth.publickey],
  ['server.allowed_hosts', 'a.example.com,b.example.com', (c: Config) => c.server.allowedHosts],
  ['transports.http_push.allow_hosts', '[::1]:8001, [fe80::1]', (c: Config) => c.transports.httpPush.allowHosts],
  ['transports.bash_exec.pass_env', '["A", "B"]', (c: Config) => c.transports.bashExec.passEnv],
  ['transports.kafka.brokers', 'a:9092,b:9092', (c: Config) => c.transports.kafka.brokers],
  ['transports.kafka.clusters', 'eu=a:9092,us=b:9092', (c: Config) => c.transports.kafka.clusters],
])('text in resonate.toml is split like text in the environment: %s', (path, text, pick) => {
  const env = { [`RESONATE_${path.toUpperCase().replaceAll('.', '__')}`]: text };
  const fromFile = pick(load(`${path} = ${JSON.stringify(text)}`).config);
  expect(fromFile).toHaveLength(2);
  expect(fromFile).toEqual(pick(load('', { env }).config));
});

test.each([
  ['[::1]', ['[::1]']],
  ['[::1]:8001,[fe80::1]', ['[::1]:8001', '[fe80::1]']],
  ['localhost,[::1]', ['localhost', '[::1]']],
  ['["[::1]", "localhost"]', ['[::1]', 'localhost']],
])('the brackets of an IPv6 host are not those of a list: %s', (text, hosts) => {
  const { config } = load('', { flags: { 'transports-http-push-allow-hosts': text } });
  expect(config.transports.httpPush.allowHosts).toEqual(hosts);
});

test('the effective values are shown with their origin and without their secrets', () => {
  const loaded = load('server.port = 7', {
    env: {
      RESONATE_STORAGE__POSTGRES__URL: 'postgres://user:hunter2@host/db?sslmode=require&sslpassword=hunter3',
      RESONATE_STORAGE__TYPE: 'postgres',
      RESONATE_TRANSPORTS__HTTP_PUSH__AUTH__MODE: 'bearer',
      RESONATE_TRANSPORTS__HTTP_PUSH__AUTH__TOKEN: 'hunter4',
    },
  });
  const shown = new Map(effectiveOptions(loaded).map(({ declaration, ...rest }) => [declaration.path, rest]));
  expect(shown.get('server.port')).toEqual({
    shown: '7',
    origin: { layer: 'toml', name: 'server.port in resonate.toml' },
  });
  expect(shown.get('server.host')?.shown).toBe('"localhost"');
  expect(shown.get('server.url')?.shown).toBe('unset');
  expect(shown.get('storage.postgres.url')?.shown).toBe(
    '"postgres://user:***@host/db?sslmode=require&sslpassword=***"',
  );
  expect(shown.get('transports.http_push.auth.token')?.shown).toBe('***');
  expect(JSON.stringify([...shown])).not.toContain('hunter');
});
