import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { freshPostgresDatabase, postgresForTests } from '@resonate/testkit';
import { freePort } from '../processes/free-port.ts';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { startLoadBalancer, type LoadBalancer } from './load-balancer.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(120_000);

const CALLERS = 16;
/** The number of answered requests before an api is killed, and the number of all requests. */
const BEFORE = 200;
const IN_ALL = 1_000;

let database: Awaited<ReturnType<typeof postgresForTests>>;
let own: Awaited<ReturnType<typeof freshPostgresDatabase>>;
let servers: ServerProcess[] = [];
let balancer: LoadBalancer;

beforeAll(async () => {
  database = await postgresForTests();
  own = await freshPostgresDatabase(database.url);
  const storage = ['--storage-type', 'postgres', '--storage-postgres-url', own.url];
  servers = [await ServerProcess.start({ storage }), await ServerProcess.start({ storage })];
  balancer = await startLoadBalancer(
    await freePort(),
    servers.map(({ url }) => Number(new URL(url).port)),
  );
});

afterAll(async () => {
  await balancer?.stop();
  for (const server of servers) await server.dispose();
  await own?.drop();
  await database?.stop();
});

test('no small request fails when an api behind HAProxy with the Compose configuration is killed', async () => {
  const client = new HttpClient(balancer.url, CALLERS);
  const statuses: Record<number, number> = {};
  let sent = 0;
  let killed: Promise<void> | undefined;
  const caller = async () => {
    while (sent < IN_ALL) {
      const id = `behind ${sent++}`;
      const data = { id, timeoutAt: 9_000_000_000_000, param: { data: 'x'.repeat(100) } };
      const body = JSON.stringify({ kind: 'promise.create', head: { corrId: id, version: '2026-04-01' }, data });
      const { status } = await client.send({ method: 'POST', body });
      statuses[status] = (statuses[status] ?? 0) + 1;
      if ((statuses[200] ?? 0) >= BEFORE) killed ??= servers[0]?.kill9();
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  await killed;
  expect(statuses).toEqual({ 200: IN_ALL });
  client.close();
});
