import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { containerTests } from './containers.ts';
import { localTests } from './local.ts';
import { gone, pids, settled, submit } from './scripts.ts';
import { BashServer, LEASE_MS } from './server.ts';

let server: BashServer;

beforeAll(async () => {
  server = await BashServer.start();
}, 60_000);

afterAll(() => server?.dispose());

localTests(() => server);
containerTests(() => server);

test('a server that is stopped terminates its scripts and releases their tasks; they run again right after its restart', async () => {
  const log = server.freshFile();
  const script = `echo $$ >> ${log}; [ $(wc -l < ${log}) -gt 2 ] || sleep 1000; echo again`;
  const ids = [await submit(server.url, script), await submit(server.url, script, { target: 'bash://docker/alpine' })];
  const running = await pids(log, 2);
  expect(await server.process.stop()).toBe(0);
  await Promise.all(running.map((pid) => gone(pid, 0)));
  await server.process.restart();
  const since = Date.now();
  for (const id of ids) expect((await settled(server.url, id)).value.data).toBe('again');
  expect(Date.now() - since).toBeLessThan(LEASE_MS);
});
