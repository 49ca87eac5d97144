import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseDuration } from '@resonate/config';
import { rounds } from '@resonate/testkit';
import { until } from '../processes/until.ts';
import { mysqlWith, postgresWith, redisWith, type Backing, type Hosts } from './backing.ts';
import { Cluster, journeysThrough, pushThrough, type RoleSpec } from './cluster.ts';
import { readComposeFile, rolesOf, type ComposeFile } from './compose-file.ts';
import { Image } from './image.ts';

/**
 * Runs docker-compose.yml without a container engine. Each service of this server runs from the image's files, with its
 * command and environment from that file. The databases and Redis are real, with the accounts from that file.
 */

let image: Image;
beforeAll(() => {
  image = new Image();
}, 120_000);
afterAll(() => image?.remove());

function roleSpecs(compose: ComposeFile): RoleSpec[] {
  return rolesOf(compose).map(([role, service]) => ({
    role,
    replicas: Number(service.deploy?.replicas),
    args: service.command ?? [],
    env: service.environment ?? {},
    probes: [{ port: 'metrics', path: '/ready' }],
    graceMs: parseDuration(service.stop_grace_period ?? '') ?? 0,
  }));
}

async function startBacking({ services }: ComposeFile, storage: string): Promise<Record<string, Backing>> {
  const { postgres, mysql, redis } = services;
  const of = (environment: Record<string, string> = {}, name: string) => environment[name] ?? '';
  const database =
    storage === 'mysql'
      ? await mysqlWith({
          user: of(mysql?.environment, 'MYSQL_USER'),
          password: of(mysql?.environment, 'MYSQL_PASSWORD'),
          database: of(mysql?.environment, 'MYSQL_DATABASE'),
        })
      : await postgresWith({
          user: of(postgres?.environment, 'POSTGRES_USER'),
          password: of(postgres?.environment, 'POSTGRES_PASSWORD'),
          database: of(postgres?.environment, 'POSTGRES_DB'),
        });
  const databaseHost = storage === 'mysql' ? 'mysql:3306' : 'postgres:5432';
  return { [databaseHost]: database, 'redis:6379': await redisWith(redis?.command ?? []) };
}

/** `npm run test:thorough` also runs it on MySQL. */
const SETTINGS = [{}, { STORAGE_TYPE: 'mysql' }].slice(0, rounds(1, 2));

describe.each(SETTINGS)('docker compose up with the settings %j', (settings) => {
  const compose = readComposeFile(settings);
  let backing: Record<string, Backing> = {};
  let cluster: Cluster;

  beforeAll(async () => {
    backing = await startBacking(compose, settings.STORAGE_TYPE ?? 'postgres');
    const hosts: Hosts = Object.fromEntries(Object.entries(backing).map(([name, { host }]) => [name, host]));
    cluster = await Cluster.start(image, roleSpecs(compose), hosts, 'localhost:8001');
  }, 240_000);

  afterAll(async () => {
    await cluster?.remove();
    for (const { stop } of Object.values(backing)) await stop();
  });

  test('two of each role run, one scheduler leads', async () => {
    // A scheduler is ready before it is elected.
    const processes = await until('a leader', 60_000, async () => {
      const shown = await cluster.processes();
      return shown.some(({ leader }) => leader) && shown;
    });
    const roles = processes.map(({ role }) => role).sort();
    expect(roles).toEqual(['api', 'api', 'dispatcher', 'dispatcher', 'scheduler', 'scheduler']);
    expect(processes.filter(({ leader }) => leader).map(({ role }) => role)).toEqual(['scheduler']);
  });

  test('the health check of the file succeeds for every process', async () => {
    for (const [role, { healthcheck }] of rolesOf(compose)) {
      const [kind, ...command] = healthcheck?.test ?? [];
      expect(kind).toBe('CMD');
      for (const container of cluster.containers(role)) await expect(container.check(command)).resolves.toBe(0);
    }
  });

  test('a dispatcher delivers a message with the URL of the server', async () => {
    await expect(pushThrough(cluster, 'pushed')).resolves.toMatchObject({
      kind: 'execute',
      head: { serverUrl: cluster.url },
      data: { task: { id: 'pushed' } },
    });
  });

  test('workflows complete although one api is killed', async () => {
    const { results, expected } = await journeysThrough(cluster);
    expect(results).toEqual(expected);
  }, 300_000);

  test('the running processes stop cleanly within their grace period, and have written no file', async () => {
    const exits = await cluster.terminate();
    // The killed api has no exit code.
    expect(exits).toEqual([null, 0, 0, 0, 0, 0]);
    expect(cluster.containers().flatMap((container) => container.files())).toEqual([]);
  }, 120_000);
});
