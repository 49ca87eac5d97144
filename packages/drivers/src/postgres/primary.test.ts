import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort, runPostgres, startPostgresPair, startTcpProxy, type PostgresPair } from '@resonate/testkit';
import { StoreUnavailable } from '../errors.ts';
import { Connections } from './connections.ts';
import { Primary } from './primary.ts';

const LIMITS = { connectTimeoutMs: 2_000, statementTimeoutMs: 5_000 };
/** An account without special rights. */
const ACCOUNT = 'app';

let pair: PostgresPair;
/** Accepts connections and never answers, like the address of a machine that hangs. */
let silent: Server;
let hosts: { primary: string; standby: string; refusing: string; silent: string };

beforeAll(async () => {
  pair = await startPostgresPair();
  // Otherwise the standby might not have the database yet when a test asks it.
  const replicated = 'SET synchronous_commit = remote_apply';
  const create = [`CREATE ROLE ${ACCOUNT} LOGIN`, `CREATE DATABASE app OWNER ${ACCOUNT}`];
  await runPostgres(pair.primary.url, replicated, ...create);
  silent = createServer().listen(0, '127.0.0.1');
  const portOf = (url: string) => new URL(url).port;
  hosts = {
    primary: `127.0.0.1:${portOf(pair.primary.url)}`,
    standby: `[::1]:${portOf(pair.standby.url)}`,
    refusing: `127.0.0.1:${await freePort()}`,
    silent: `127.0.0.1:${(silent.address() as AddressInfo).port}`,
  };
}, 60_000);
afterAll(async () => {
  silent.close();
  await pair.stop();
});

const urlOf = (...names: string[]) => `postgres://${ACCOUNT}@${names.join(',')}/app?target_session_attrs=read-write`;

/** Where a new connection goes. */
async function placeOf(primary: Primary): Promise<string> {
  const client = primary.newClient();
  await client.connect();
  await client.end();
  return client.host.includes(':') ? `[${client.host}]:${client.port}` : `${client.host}:${client.port}`;
}

describe('before a failover', () => {
  test('a server that refuses connections, one that does not answer and a standby are skipped', async () => {
    const primary = new Primary({ url: urlOf(hosts.refusing, hosts.silent, hosts.standby, hosts.primary), ...LIMITS });
    const startedAt = performance.now();
    expect(await placeOf(primary)).toBe(hosts.primary);
    // It does not wait for the connection timeout of the silent server.
    expect(performance.now() - startedAt).toBeLessThan(LIMITS.connectTimeoutMs);
  });

  test('if several servers accept writes, the first one in the URL is used', async () => {
    const { port } = new URL(pair.primary.url);
    const url = urlOf(hosts.standby, `[::1]:${port}`, hosts.primary);
    expect(await placeOf(new Primary({ url, ...LIMITS }))).toBe(`[::1]:${port}`);
  });

  test('if no server is the primary, the error has a reason for each server', async () => {
    const primary = new Primary({ url: urlOf(hosts.refusing, hosts.silent, hosts.standby), ...LIMITS });
    const reasons = [
      `${hosts.refusing}: connect ECONNREFUSED`,
      `${hosts.silent}: no answer within 2000 ms`,
      `${hosts.standby}: it is a standby`,
    ];
    const failure = await primary.find().catch((error: unknown) => (error as Error).message);
    for (const reason of reasons) expect(failure).toContain(reason);
  });

  test('a standby alone is used neither to write nor to read, because its rows may be old', async () => {
    const connections = new Connections({ url: urlOf(hosts.standby), poolSize: 2, ...LIMITS });
    const asked = connections.use((session) => session.run([{ text: 'SELECT 1' }]));
    await expect(asked).rejects.toThrow(StoreUnavailable);
    await expect(asked).rejects.toThrow('it is a standby');
    await expect(connections.dedicated()).rejects.toThrow('it is a standby');
    await connections.close();
  });
});

describe('after a failover', () => {
  let primary: Primary;
  let proxied: Primary;
  let proxy: Awaited<ReturnType<typeof startTcpProxy>>;
  const portOf = (url: string) => Number(new URL(url).port);

  beforeAll(async () => {
    proxy = await startTcpProxy('127.0.0.1', portOf(pair.primary.url));
    primary = new Primary({ url: urlOf(hosts.primary, hosts.standby), ...LIMITS });
    proxied = new Primary({ url: urlOf(`127.0.0.1:${proxy.port}`), ...LIMITS });
    await Promise.all([placeOf(primary), placeOf(proxied)]);
    await pair.primary.killAll();
    await pair.promote();
    proxy.target.port = portOf(pair.standby.url);
  }, 60_000);
  afterAll(() => proxy.stop());

  test('connections go to the new primary', async () => {
    await expect(placeOf(primary)).rejects.toThrow('ECONNREFUSED');
    expect(await placeOf(primary)).toBe(hosts.standby);
    await placeOf(proxied);
  });

  test('a former primary that accepts writes again is not used, not even by a new process or over a proxy', async () => {
    await pair.primary.restart();
    await pair.allowSplitBrain();
    primary.forget();
    expect(await placeOf(primary)).toBe(hosts.standby);
    // A process that starts now has not seen the new primary before.
    expect(await placeOf(new Primary({ url: urlOf(hosts.primary, hosts.standby), ...LIMITS }))).toBe(hosts.standby);
    // The proxy connects to the former primary again.
    proxy.target.port = portOf(pair.primary.url);
    await expect(placeOf(proxied)).rejects.toThrow('it is a former primary: its timeline 1 has a successor');
    proxy.target.port = portOf(pair.standby.url);
    await placeOf(proxied);
  });
});
