import { describe, expect, test } from '@jest/globals';
import { DECLARATIONS, effectiveServerUrl, loadConfig, type Config } from './index.ts';

/** The defaults in the public server's documentation: flag, default, and the value in code. */
const DOCUMENTED: [flag: string, value: unknown, typed: (config: Config) => unknown][] = [
  ['level', 'info', (config) => config.level],
  ['server-host', 'localhost', (config) => config.server.host],
  ['server-port', 8001, (config) => config.server.port],
  ['server-bind', '0.0.0.0', (config) => config.server.bind],
  ['server-shutdown-timeout', 10_000, (config) => config.server.shutdownTimeoutMs],
  ['server-url', null, (config) => config.server.url],
  ['server-cors-allow-origins', [], (config) => config.server.cors.allowOrigins],
  ['storage-type', 'sqlite', (config) => config.storage.type],
  ['storage-sqlite-path', 'resonate.db', (config) => config.storage.sqlite.path],
  ['storage-postgres-url', null, (config) => config.storage.postgres.url],
  ['storage-postgres-pool-size', 10, (config) => config.storage.postgres.poolSize],
  ['storage-mysql-url', null, (config) => config.storage.mysql.url],
  ['storage-mysql-pool-size', 10, (config) => config.storage.mysql.poolSize],
  ['auth-publickey', [], (config) => config.auth.publickey],
  ['auth-leeway', 60_000, (config) => config.auth.leewayMs],
  ['server-max-body-size', 2 * 1024 * 1024, (config) => config.server.maxBodySize],
  ['tasks-lease-timeout', 15_000, (config) => config.tasks.leaseTimeoutMs],
  ['tasks-retry-timeout', 30_000, (config) => config.tasks.retryTimeoutMs],
  ['timeouts-poll-interval', 1000, (config) => config.timeouts.pollIntervalMs],
  ['messages-poll-interval', 100, (config) => config.messages.pollIntervalMs],
  ['messages-batch-size', 100, (config) => config.messages.batchSize],
  ['transports-http-push-enabled', true, (config) => config.transports.httpPush.enabled],
  ['transports-http-push-concurrency', 16, (config) => config.transports.httpPush.concurrency],
  ['transports-http-push-connect-timeout', 10_000, (config) => config.transports.httpPush.connectTimeoutMs],
  ['transports-http-push-request-timeout', 180_000, (config) => config.transports.httpPush.requestTimeoutMs],
  ['transports-http-push-auth-mode', 'none', (config) => config.transports.httpPush.auth.mode],
  ['transports-http-push-auth-token', null, (config) => config.transports.httpPush.auth.token],
  ['transports-http-push-auth-aud', null, (config) => config.transports.httpPush.auth.aud],
  ['transports-http-push-auth-header', 'Authorization', (config) => config.transports.httpPush.auth.header],
  ['transports-http-poll-enabled', true, (config) => config.transports.httpPoll.enabled],
  ['transports-http-poll-max-connections', 1000, (config) => config.transports.httpPoll.maxConnections],
  ['transports-http-poll-buffer-size', 100, (config) => config.transports.httpPoll.bufferSize],
  ['transports-http-poll-buffer-bytes', 16_777_216, (config) => config.transports.httpPoll.bufferBytes],
  ['transports-http-poll-total-buffer-bytes', 134_217_728, (config) => config.transports.httpPoll.totalBufferBytes],
  ['transports-gcps-enabled', false, (config) => config.transports.gcps.enabled],
  ['transports-gcps-project', null, (config) => config.transports.gcps.project],
  ['transports-bash-exec-enabled', false, (config) => config.transports.bashExec.enabled],
  ['observability-metrics-port', 9090, (config) => config.observability.metricsPort],
  // Documented as localhost:4317, but here traces are off by default.
  ['observability-otlp-endpoint', null, (config) => config.observability.otlpEndpoint],
  ['observability-otlp-protocol', 'auto', (config) => config.observability.otlpProtocol],
  ['debug', false, (config) => config.debug],
];

describe('without any setting', () => {
  const { config, origins } = loadConfig();

  test.each(DOCUMENTED)('--%s has its documented default', (flag, value, typed) => {
    const declaration = DECLARATIONS.find((known) => known.flag === flag);
    expect(declaration?.option.default).toEqual(value);
    expect(typed(config)).toEqual(value);
  });

  test('every value comes from the defaults', () => {
    expect(Object.keys(origins)).toEqual(DECLARATIONS.map(({ path }) => path));
    expect(new Set(Object.values(origins).map(({ layer }) => layer))).toEqual(new Set(['default']));
  });

  test('messages are retried for hours before they become dead letters', () => {
    const { backoffMinMs, backoffMaxMs, maxAttempts } = config.messages;
    let total = 0;
    for (let n = 0; n < maxAttempts; n++) total += Math.min(backoffMaxMs, backoffMinMs * 2 ** n);
    expect(total).toBeGreaterThan(3 * 3_600_000);
    expect(config.messages.unblockMaxAgeMs).toBe(24 * 3_600_000);
    expect(config.messages.uniMaxAgeMs).toBe(600_000);
    expect(config.messages.deadLetterMaxAgeMs).toBe(30 * 24 * 3_600_000);
  });

  test('the server URL follows from host and port, unless it is set', () => {
    expect(effectiveServerUrl(config)).toBe('http://localhost:8001');
    expect(effectiveServerUrl(config, 4711)).toBe('http://localhost:4711');
    const set = loadConfig({ flags: { 'server-url': 'https://r.example.com' } });
    expect(effectiveServerUrl(set.config)).toBe('https://r.example.com');
  });
});

describe('the declarations', () => {
  test.each(['path', 'env', 'flag'] as const)('no two options share a %s', (spelling) => {
    const names = DECLARATIONS.flatMap((declaration) =>
      [declaration, declaration.alias].filter((n) => n !== null).map((n) => n[spelling]),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  test('the names follow from the toml path', () => {
    const names = DECLARATIONS.find(({ path }) => path === 'transports.http_push.connect_timeout');
    expect(names).toMatchObject({
      env: 'RESONATE_TRANSPORTS__HTTP_PUSH__CONNECT_TIMEOUT',
      flag: 'transports-http-push-connect-timeout',
      keys: ['transports', 'httpPush', 'connectTimeoutMs'],
    });
  });

  test.each(DECLARATIONS.map(({ path, option }) => [path, option] as const))(
    '%s allows its own default and refuses nonsense',
    (_, option) => {
      const isUnset = option.default === null || (Array.isArray(option.default) && option.default.length === 0);
      if (!isUnset) expect(option.fromValue(option.default)).toEqual(option.default);
      expect(option.fromValue({})).toBeUndefined();
      expect(option.fromValue('\u0000')).toBeUndefined();
      expect(option.fromText('\n')).toBeUndefined();
    },
  );

  const EMPTY = ['', ' ', ',', '[]', '[ ]', '""', "''", '[""]', ' , ', 'a,,b', ',a', 'a,'];
  test.each(DECLARATIONS)(
    '$path: given but empty is an error, wherever it is given',
    ({ path, env, flag, alias, option }) => {
      for (const text of option.kind === 'list' ? EMPTY : EMPTY.slice(0, 2)) {
        expect(() => loadConfig({ env: { [env]: text } })).toThrow(`(from ${env})`);
        // A switch may be given without a value: `--debug`.
        if (option.kind !== 'boolean' || text !== '') {
          expect(() => loadConfig({ flags: { [flag]: text } })).toThrow(`(from --${flag})`);
        }
      }
      if (alias) expect(() => loadConfig({ flags: { [alias.flag]: '', [flag]: 'x' } })).toThrow(path);
      for (const value of option.kind === 'list' ? ['', ' ', [], [''], ['a', ' ']] : ['', ' ', []]) {
        expect(option.fromValue(value)).toBeUndefined();
      }
    },
  );
});
