import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConfigError, DECLARATIONS, loadConfig, type Sources } from './index.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function errorOf(sources: Sources): string {
  try {
    loadConfig(sources);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'no error';
}

function tomlError(toml: string, sources: Sources = {}): string {
  writeFileSync(join(folder, 'resonate.toml'), toml);
  return errorOf({ cwd: folder, ...sources });
}

describe('a value that is not allowed', () => {
  test.each([
    [
      { 'server-port': 'abc' },
      'server.port (from --server-port): "abc" is not allowed; it must be an integer from 0 to 65535',
    ],
    [
      { 'server-port': '65536' },
      'server.port (from --server-port): "65536" is not allowed; it must be an integer from 0 to 65535',
    ],
    [{ 'server-port': ['1', '2'] }, '--server-port is given more than once'],
    [{ level: 'trace' }, 'level (from --level): "trace" is not allowed; it must be one of debug, info, warn, error'],
    [{ debug: 'maybe' }, 'debug (from --debug): "maybe" is not allowed; it must be true or false'],
    [
      { 'tasks-lease-timeout': '0' },
      'tasks.lease_timeout (from --tasks-lease-timeout): "0" is not allowed; it must be milliseconds from 1 to 86400000, or a duration such as 500ms, 15s, 1h30m',
    ],
    [{ 'server-host': '' }, 'server.host (from --server-host): "" is not allowed; it must be a non-empty string'],
    [
      { 'server-cors-allow-origin': ['http://a', 'b/'] },
      'server.cors.allow_origins (from --server-cors-allow-origin): ["http://a","b/"] is not allowed; it must be "*" or origins such as https://app.example.com',
    ],
    [
      { 'server-url': 'example.com' },
      'server.url (from --server-url): "example.com" is not allowed; it must be a URL such as https://resonate.example.com',
    ],
  ])('as the flag %j', (flags, message) => {
    expect(errorOf({ flags })).toBe(message);
  });

  test('in the environment names the variable', () => {
    expect(errorOf({ env: { RESONATE_MESSAGES__BATCH_SIZE: '1e3' } })).toBe(
      'messages.batch_size (from RESONATE_MESSAGES__BATCH_SIZE): "1e3" is not allowed; it must be an integer from 1 to 10000',
    );
  });

  test.each([
    [
      'server.port = "8001"',
      'server.port in resonate.toml: "8001" is not allowed; it must be an integer from 0 to 65535',
    ],
    ['server.port = 1.5', 'server.port in resonate.toml: 1.5 is not allowed; it must be an integer from 0 to 65535'],
    ['debug = 1', 'debug in resonate.toml: 1 is not allowed; it must be true or false'],
    [
      '[server.host]\nname = "a"',
      'server.host in resonate.toml: a table is not allowed; it must be a non-empty string',
    ],
    ['server = "localhost:8001"', 'server in resonate.toml must be a table: [server]'],
    ['a = \n', 'resonate.toml line 1, column 5: unexpected "\\n"'],
    ['level = "info"\nlevel = "debug"', "resonate.toml line 2, column 1: Cannot redefine existing key 'level'."],
  ])('in resonate.toml: %j', (toml, message) => {
    expect(tomlError(toml)).toBe(message);
  });

  test('is an error even when a higher layer overrides it', () => {
    expect(tomlError('server.port = -1', { flags: { 'server-port': '1' } })).toMatch(/^server\.port in resonate\.toml/);
  });

  test('is shown shortened and on one line', () => {
    const message = errorOf({ flags: { level: `x\n${'y'.repeat(5000)}` } });
    expect(message).not.toContain('\n');
    expect(message.length).toBeLessThan(200);
  });
});

describe('an unknown name', () => {
  test.each([
    ['tasks.lease_timout = 1', 'unknown key tasks.lease_timout in resonate.toml; did you mean tasks.lease_timeout?'],
    ['[sever]\nport = 1', 'unknown key sever in resonate.toml; did you mean server?'],
    ['[server]\nnothing_like_it_at_all = 1', 'unknown key server.nothing_like_it_at_all in resonate.toml'],
    ['__proto__ = 1', 'unknown key __proto__ in resonate.toml'],
  ])('in resonate.toml: %j', (toml, message) => {
    expect(tomlError(toml)).toBe(message);
  });

  test.each([
    ['RESONATE_TASKS__LEASE_TIMOUT', '; did you mean RESONATE_TASKS__LEASE_TIMEOUT?'],
    ['RESONATE_SERVER_PORT', '; did you mean RESONATE_SERVER__PORT?'],
    ['RESONATE_STORAGE', ''],
    ['RESONATE_UNKNOWN__SECTION', ''],
  ])('in the environment: %s', (name, hint) => {
    expect(errorOf({ env: { [name]: '1' } })).toBe(`unknown environment variable ${name}${hint}`);
  });

  test('that clients, SDKs, scripts or Kubernetes use is left alone', () => {
    const clients = 'URL SERVER TOKEN HOST PORT SCHEME PREFIX TIMEOUT USERNAME PASSWORD GROUP PROMISE_ID'.split(' ');
    const env = {
      ...Object.fromEntries(clients.map((name) => [`RESONATE_${name}`, 'x'])),
      RESONATE_PROMISE_TIMEOUT_AT: '1',
      RESONATE_PORT_8001_TCP: 'tcp://10.0.0.1:8001',
      RESONATE_SERVER_PORT: 'tcp://10.0.0.1:8001',
      RESONATE_SERVER_SERVICE_HOST: '10.0.0.1',
      RESONATE_SERVER_SERVICE_PORT_API: '8001',
      RESONATE_SERVER_PORT_8001_TCP_ADDR: '10.0.0.1',
      UNRELATED__THING: '1',
    };
    expect(errorOf({ env })).toBe('no error');
  });
});

const SECRETS = {
  'storage.postgres.url': 'mysql://user:hunter2@host/db',
  'storage.mysql.url': 'user:hunter2@host/db',
  'wakeup.redis.url': 'http://:hunter2@host',
  'transports.http_push.auth.token': 'hunter2\nhunter2',
  'transports.bash_exec.tensorlake.api_key': 'hunter2\thunter2',
  'transports.kafka.sasl.password': `hunter2${'x'.repeat(5000)}`,
};

describe('a secret', () => {
  test('is every option of this list, and no other', () => {
    const secret = DECLARATIONS.filter(({ option }) => option.secret).map(({ path }) => path);
    expect(secret.sort()).toEqual(Object.keys(SECRETS).sort());
  });

  test.each(Object.entries(SECRETS))('%s never shows in an error', (path, value) => {
    const { env, flag } = DECLARATIONS.find((known) => known.path === path) ?? { env: '', flag: '' };
    const messages = [
      errorOf({ env: { [env]: value } }),
      errorOf({ flags: { [flag]: value } }),
      tomlError(`${path} = ${JSON.stringify(value)}`),
      tomlError(`${path}.hunter = "hunter2"`),
      tomlError(`${path} = hunter2`),
      tomlError(`${path}_ = "hunter2"`),
      tomlError(`${path.split('.').slice(0, -1).join('.')} = "hunter2"`),
    ];
    for (const message of messages) {
      expect(message).not.toBe('no error');
      expect(message).not.toContain('hunter');
    }
    expect(messages[0]).toContain(env);
    expect(messages[1]).toContain(`--${flag}`);
  });

  test('inside another option is masked as well', () => {
    expect(errorOf({ flags: { 'server-url': 'ftp://user:hunter2@host' } })).toContain('"ftp://user:***@host"');
  });
});

const KAFKA = { 'transports-kafka-enabled': true, 'transports-kafka-brokers': 'b:9092' };

describe('a contradiction', () => {
  test.each<[Sources, string]>([
    [
      { env: { RESONATE_STORAGE__TYPE: 'postgres' } },
      'storage.type (from RESONATE_STORAGE__TYPE) is postgres, but storage.postgres.url (RESONATE_STORAGE__POSTGRES__URL or --storage-postgres-url) is not set',
    ],
    [{ flags: { 'storage-type': 'mysql' } }, 'but storage.mysql.url (RESONATE_STORAGE__MYSQL__URL'],
    [
      { flags: { 'server-port': '9090' } },
      'server.port (from --server-port) and observability.metrics_port (RESONATE_OBSERVABILITY__METRICS_PORT or --observability-metrics-port) are both 9090',
    ],
    [{ flags: { 'transports-http-push-auth-mode': 'bearer' } }, 'transports.http_push.auth.token'],
    [{ flags: { 'wakeup-type': 'redis' } }, 'wakeup.redis.url'],
    [{ flags: { 'wakeup-type': 'postgres' } }, 'is sqlite'],
    [
      { flags: { 'server-headers-timeout': '61s' } },
      'server.headers_timeout (from --server-headers-timeout) (61000 ms)',
    ],
    [{ flags: { 'auth-iss': 'me' } }, 'auth.iss (from --auth-iss) is set, but auth is off'],
    [{ flags: { 'auth-publickey': ['none', 'a.pem'] } }, 'auth.publickey (from --auth-publickey) is none'],
    [{ flags: { 'messages-backoff-min': '30m' } }, 'messages.backoff_min (from --messages-backoff-min) (1800000 ms)'],
    [{ flags: { 'transports-kafka-enabled': true } }, 'transports.kafka.brokers'],
    [
      {
        flags: {
          'transports-kafka-enabled': true,
          'transports-kafka-brokers': 'b:9092',
          'transports-kafka-sasl-mechanism': 'plain',
          'transports-kafka-sasl-username': 'me',
        },
      },
      'transports.kafka.sasl.password',
    ],
    [
      { flags: { 'storage-postgres-url': 'postgres://h/d' } },
      'storage.postgres.url (from --storage-postgres-url) is set, but storage.type (RESONATE_STORAGE__TYPE or --storage-type) is sqlite: set storage.type = postgres',
    ],
    [{ env: { RESONATE_STORAGE__MYSQL__URL: 'mysql://h/d' }, command: 'api' }, 'set storage.type = mysql'],
    [
      { flags: { 'transports-http-push-auth-token': 't' } },
      'transports.http_push.auth.token (from --transports-http-push-auth-token) is set, but transports.http_push.auth.mode (RESONATE_TRANSPORTS__HTTP_PUSH__AUTH__MODE or --transports-http-push-auth-mode) is none, which does not use it: set bearer, or remove it',
    ],
    [{ flags: { 'transports-http-push-auth-header': 'X-Key' } }, 'set bearer or gcp, or remove it'],
    [
      { flags: { 'transports-http-push-auth-mode': 'gcp', 'transports-http-push-auth-token': 't' } },
      'is gcp, which does not use it',
    ],
    [
      { flags: { ...KAFKA, 'transports-kafka-sasl-username': 'me', 'transports-kafka-sasl-password': 'x' } },
      'transports.kafka.sasl.username (from --transports-kafka-sasl-username) is set, but transports.kafka.sasl.mechanism (RESONATE_TRANSPORTS__KAFKA__SASL__MECHANISM or --transports-kafka-sasl-mechanism) is none',
    ],
    [{ flags: { ...KAFKA, 'transports-kafka-sasl-password': 'x' } }, 'transports.kafka.sasl.password (from'],
    [{ flags: { ...KAFKA, 'transports-kafka-ca-file': 'ca.pem' } }, 'but transports.kafka.tls ('],
    [{ command: 'dispatcher' }, 'resonate dispatcher needs a database that several processes can share'],
    [
      { command: 'dispatcher', flags: { 'storage-type': 'mysql', 'storage-mysql-url': 'mysql://h/d' } },
      'set server.url (RESONATE_SERVER__URL or --server-url) to the URL of the api processes',
    ],
  ])('%j', (sources, message) => {
    expect(errorOf(sources)).toContain(message);
  });

  test.each<[string, Sources]>([
    ['both ports are 0', { flags: { 'server-port': '0', 'observability-metrics-port': '0' } }],
    [
      'the role has no HTTP port',
      {
        command: 'scheduler',
        flags: { 'observability-metrics-port': '8001', 'storage-type': 'mysql', 'storage-mysql-url': 'mysql://h/d' },
      },
    ],
    [
      'a dispatcher that only runs scripts has no server.url',
      {
        command: 'dispatcher',
        flags: {
          'storage-type': 'mysql',
          'storage-mysql-url': 'mysql://h/d',
          'transports-http-push-enabled': 'false',
          'transports-bash-exec-enabled': 'true',
        },
      },
    ],
    [
      'a database is named but not chosen',
      { flags: { 'storage-type': 'sqlite', 'storage-postgres-url': 'postgres://h/d' } },
    ],
    ['resonate dev ignores a database', { command: 'dev', env: { RESONATE_STORAGE__POSTGRES__URL: 'postgres://h/d' } }],
    [
      'pushes use the header with ID tokens',
      { flags: { 'transports-http-push-auth-mode': 'gcp', 'transports-http-push-auth-header': 'X-Key' } },
    ],
    ['pushes are off', { flags: { 'transports-http-push-enabled': 'false', 'transports-http-push-auth-token': 't' } }],
    ['Kafka is off', { flags: { 'transports-kafka-sasl-mechanism': 'plain' } }],
    ['unsigned tokens are accepted alone', { flags: { 'auth-publickey': 'none', 'auth-aud': 'a' } }],
  ])('is none when %s', (_, sources) => {
    expect(errorOf(sources)).toBe('no error');
  });
});
