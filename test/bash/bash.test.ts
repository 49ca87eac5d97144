import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { containerTests } from './containers.ts';
import { localTests } from './local.ts';
import { gone, pids, settled, submit } from './scripts.ts';
import { BashServer } from './server.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

let server: BashServer;
/** A server whose leases do not expire during a test, so a script that runs again was released. */
let own: BashServer;

beforeAll(async () => {
  [server, own] = await Promise.all([BashServer.start(), BashServer.start(3_600_000)]);
}, 120_000);

afterAll(async () => {
  await server?.dispose();
  await own?.dispose();
});

localTests(() => server);
containerTests(() => server);

test('a server that is stopped terminates its scripts and releases their tasks; they run again right after its restart', async () => {
  const log = own.freshFile();
  const script = `echo $$ >> ${log}; [ $(wc -l < ${log}) -gt 2 ] || sleep 1000; echo again`;
  const ids = [await submit(own.url, script), await submit(own.url, script, { target: 'bash://docker/alpine' })];
  const running = await pids(log, 2);
  expect(await own.process.stop()).toBe(0);
  await Promise.all(running.map((pid) => gone(pid)));
  await own.process.restart();
  for (const id of ids) expect((await settled(own.url, id)).value.data).toBe('again');
});
