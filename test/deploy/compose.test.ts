import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DECLARATIONS, loadConfig, parseDuration } from '@resonate/config';
import { DCLinter } from 'dclint';
import { parse } from 'yaml';
import { COMPOSE_PATH, composeSettings, readComposeFile, rolesOf } from './compose-file.ts';
import { ROOT } from './image.ts';

/** Checks docker-compose.yml and the files that it mounts: they are valid and fit the server and each other. */

/** Declared here, because the types of dclint need a package that it does not install. */
const Linter = DCLinter as unknown as new (options: object) => {
  lintFiles(paths: string[], isRecursive: boolean): { messages: { type: string; line: number; message: string }[] }[];
};

const compose = readComposeFile();
const services = Object.entries(compose.services);
const roles = rolesOf(compose);
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const haproxy = readFileSync(join(ROOT, 'deploy/compose/haproxy.cfg'), 'utf8');

function service(name: string) {
  const found = compose.services[name];
  if (!found) throw new Error(`there is no service ${name}`);
  return found;
}

function configOf(name: string, settings: Record<string, string> = {}) {
  const { environment = {}, command = [] } = readComposeFile(settings).services[name] ?? {};
  return loadConfig({ env: environment, command: command[0] }).config;
}

test('the file is valid by the Compose specification', () => {
  // This rule is off, because the linter does not know the default of LISTEN_ADDRESS. A test below checks it.
  const linter = new Linter({ rules: { 'no-unbound-port-interfaces': 0 }, quiet: true, debug: false, exclude: [] });
  const results = linter.lintFiles([COMPOSE_PATH], false);
  expect(results).toHaveLength(1);
  const errors = results.flatMap(({ messages }) => messages).filter(({ type }) => type === 'error');
  expect(errors.map(({ line, message }) => `docker-compose.yml:${line}: ${message}`)).toEqual([]);
});

describe('the roles', () => {
  test('are the three of a cluster, two of each, from one image of this version', () => {
    expect(roles.map(([name]) => name)).toEqual(['api', 'scheduler', 'dispatcher']);
    expect(roles.map(([, { command }]) => command)).toEqual([['api'], ['scheduler'], ['dispatcher']]);
    expect(roles.map(([, { deploy }]) => Number(deploy?.replicas))).toEqual([2, 2, 2]);
    expect(new Set(roles.map(([, { image }]) => image))).toEqual(new Set([`resonate-server:${version}`]));
  });

  test.each(['postgres', 'mysql'])('have a configuration that the server accepts, on %s', (type) => {
    for (const [name] of roles) expect(configOf(name, { STORAGE_TYPE: type }).storage.type).toBe(type);
  });

  test('set only options that exist', () => {
    const known = new Set(DECLARATIONS.map(({ env }) => env));
    const names = roles.flatMap(([, { environment = {} }]) => Object.keys(environment));
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });

  test('have a grace period that is longer than server.shutdown_timeout', () => {
    for (const [name, { stop_grace_period: grace = '' }] of roles) {
      expect(parseDuration(grace)).toBeGreaterThan(configOf(name).server.shutdownTimeoutMs);
    }
  });

  test('have no capabilities and a read-only file system', () => {
    for (const [, role] of roles) {
      expect(role).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    }
  });
});

describe('every service', () => {
  test.each(services)('%s has an exact version and a health check, and is restarted after a failure', (_, found) => {
    expect(found.image).toMatch(/:v?\d+\.\d+(\.\d+)?(-alpine)?$/);
    expect(found.healthcheck?.test.length).toBeGreaterThan(1);
    expect(found.restart).toBe('unless-stopped');
  });

  test('waits until the services that it needs are healthy', () => {
    for (const [, { depends_on = {} }] of services) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect(condition).toBe('service_healthy');
        expect(service(name).healthcheck).toBeDefined();
      }
    }
  });

  test('starts without a profile, except MySQL and Grafana; no service requires MySQL', () => {
    expect(services.filter(([, { profiles }]) => profiles).map(([name]) => name)).toEqual(['mysql', 'grafana']);
    for (const [, { depends_on = {} }] of services) expect(depends_on['mysql']?.required ?? false).toBe(false);
  });

  test('cannot be reached from other machines', () => {
    const ports = services.flatMap(([, { ports = [] }]) => ports);
    expect(ports).toEqual(['127.0.0.1:8001:8001', '127.0.0.1:9090:9090', '127.0.0.1:3000:3000']);
    expect(compose.networks['data']).toEqual({ internal: true });
    for (const name of ['postgres', 'mysql', 'redis']) expect(service(name).networks).toEqual(['data']);
  });

  test('uses volumes and networks that are declared', () => {
    const named = services.flatMap(([, { volumes = [] }]) => volumes).filter((volume) => !volume.startsWith('./'));
    expect(named.map((volume) => volume.split(':')[0]).sort()).toEqual(Object.keys(compose.volumes).sort());
    const networks = new Set(services.flatMap(([, found]) => found.networks ?? []));
    expect([...networks].filter((name) => name !== 'default')).toEqual(Object.keys(compose.networks));
  });
});

test('the databases and Redis have the users, passwords and names that the roles use', () => {
  const settings = { POSTGRES_PASSWORD: 'p1', MYSQL_PASSWORD: 'p2', REDIS_PASSWORD: 'p3' };
  const { storage, wakeup } = configOf('api', settings);
  const { postgres, mysql, redis } = readComposeFile(settings).services;
  const of = (environment: Record<string, string> | undefined, prefix: string, name: string) =>
    [environment?.[`${prefix}_USER`], environment?.[`${prefix}_PASSWORD`], environment?.[`${prefix}_${name}`]].join();
  const parts = (text: string | null) => {
    const url = new URL(text ?? '');
    return { host: url.host, login: [url.username, url.password, url.pathname.slice(1)].join() };
  };
  expect(parts(storage.postgres.url)).toEqual({
    host: 'postgres:5432',
    login: of(postgres?.environment, 'POSTGRES', 'DB'),
  });
  expect(parts(storage.mysql.url)).toEqual({
    host: 'mysql:3306',
    login: of(mysql?.environment, 'MYSQL', 'DATABASE'),
  });
  expect(parts(wakeup.redis.url)).toEqual({ host: 'redis:6379', login: ',p3,' });
  expect(redis?.command?.slice(-2)).toEqual(['--requirepass', 'p3']);
  expect(redis?.environment).toEqual({ REDISCLI_AUTH: 'p3' });
});

test('.env.example lists every setting with its default', () => {
  const example = readFileSync(join(ROOT, 'deploy/compose/.env.example'), 'utf8');
  const listed = [...example.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => `${name}=${value}`);
  const taken = new Set(composeSettings().map(([name, fallback]) => `${name}=${fallback}`));
  expect([...listed].sort()).toEqual([...taken].sort());
});

describe('the load balancer', () => {
  const { server } = configOf('api');

  test('finds the apis, checks whether each is ready, and listens at the URL that clients get', () => {
    expect(haproxy).toContain(`server-template api- 16 api:${server.port} `);
    expect(haproxy).toContain('http-check send meth GET uri /ready ');
    const published = service('load-balancer').ports?.[0]?.split(':').at(-1);
    expect(haproxy).toContain(`bind :${published}\n`);
    expect(server.url).toBe(`http://localhost:${published}`);
  });

  test('mounts the file that is tested here', () => {
    expect(service('load-balancer').volumes?.[0]).toMatch(/^\.\/deploy\/compose\/haproxy\.cfg:.*\/haproxy\.cfg:ro$/);
  });
});

test('Prometheus scrapes the metrics of every role', () => {
  interface Job {
    dns_sd_configs?: { names: string[]; type: string; port: number }[];
  }
  const file = readFileSync(join(ROOT, 'deploy/compose/prometheus.yml'), 'utf8');
  const { scrape_configs: jobs } = parse(file) as { scrape_configs: Job[] };
  const targets = jobs.flatMap(({ dns_sd_configs = [] }) => dns_sd_configs);
  expect(targets).toEqual(
    roles.map(([name]) => {
      const { metricsPort } = configOf(name).observability;
      return { names: [name], type: 'A', port: metricsPort, refresh_interval: '10s' };
    }),
  );
  expect(service('prometheus').volumes?.[0]).toMatch(/^\.\/deploy\/compose\/prometheus\.yml:.*:ro$/);
});
