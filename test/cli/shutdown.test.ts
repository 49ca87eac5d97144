import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { RawConnection, requestBytes, statuses } from '../http/raw-connection.ts';
import { FAR_FUTURE } from '../http/state.ts';
import { EventStream } from '../processes/event-stream.ts';
import { HttpClient } from '../processes/http-client.ts';
import { RESONATE, ServerProcess } from '../processes/server-process.ts';
import { Spawned } from '../processes/spawned.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

const IN_FLIGHT = 100;

let server: ServerProcess;
let open: RawConnection[] = [];

afterEach(async () => {
  for (const connection of open) connection.close();
  open = [];
  await server?.dispose();
});

async function connection(): Promise<RawConnection> {
  const opened = await RawConnection.open(server.url);
  open.push(opened);
  return opened;
}

function creation(id: string): string {
  const data = { id, timeoutAt: FAR_FUTURE };
  return JSON.stringify({ kind: 'promise.create', head: { corrId: id, version: '2026-04-01' }, data });
}

describe('a clean stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s ends streams cleanly and answers the requests in flight',
    async (signal) => {
      server = await ServerProcess.start();
      const streams = await Promise.all(['a', 'b'].map((id) => EventStream.open(server.url, `/poll/g/${id}`)));
      const ids = Array.from({ length: IN_FLIGHT }, (_, index) => `in-flight-${index}`);
      const requests = await Promise.all(
        ids.map(async (id) => {
          const raw = await connection();
          const bytes = requestBytes('POST', '/', {}, creation(id));
          await raw.write(bytes.slice(0, -20));
          return { raw, rest: bytes.slice(-20) };
        }),
      );
      // When this later request is answered, the server has read all bytes that were sent before it.
      const client = new HttpClient(server.url);
      await client.rpc('promise.get', { id: 'any' });

      const exitCode = server.stop(signal);
      await server.logged('shutting down');
      for (const stream of streams) expect(await stream.ended).toEqual({ clean: true });
      await expect(RawConnection.open(server.url)).rejects.toThrow('ECONNREFUSED');
      for (const { raw, rest } of requests) await raw.write(rest);
      const answers = await Promise.all(requests.map(({ raw }) => raw.ended()));
      for (const { text, reset } of answers) {
        expect({ statuses: statuses(text), reset }).toEqual({ statuses: [200], reset: false });
        expect(text).toMatch(/^connection: close\r$/im);
      }
      expect(await exitCode).toBe(0);

      await server.restart();
      const found = await Promise.all(ids.map((id) => client.rpc('promise.get', { id })));
      expect(found.filter(({ status }) => status !== 200)).toEqual([]);
      client.close();
    },
  );

  test('ends a process that is still starting', async () => {
    const args = ['serve', '--server-port', '0', '--observability-metrics-port', '0'];
    const starting = new Spawned(RESONATE, [...args, '--storage-sqlite-path', ':memory:']);
    const isFirst = (line: string) => line.includes('"msg":"Resonate Server starting"');
    await starting.line('its first line', isFirst, 60_000);
    expect(await starting.terminate(60_000)).toEqual({ code: 0, signal: null });
  });

  test('does not wait for idle connections, whether they were used or not', async () => {
    // If the server waited for them, the stop would take the whole server.shutdown_timeout.
    server = await ServerProcess.start({ args: ['--server-shutdown-timeout', '3600000'] });
    await connection();
    const client = new HttpClient(server.url);
    await client.rpc('promise.get', { id: 'any' });
    expect(await server.stop()).toBe(0);
    client.close();
  });

  test('cuts off clients that do not finish their requests before server.shutdown_timeout', async () => {
    // They are cut off after 80 % of it. The server has 3 s left, so that it ends before the timeout on a busy machine, too.
    server = await ServerProcess.start({ args: ['--server-shutdown-timeout', '15000'] });
    const [inBody, inHeader] = [await connection(), await connection()];
    await inBody.write(requestBytes('POST', '/', {}, creation('stalled')).slice(0, -1));
    await inHeader.write('POST / HTTP/1.1\r\nhost: x');
    expect(await server.stop()).toBe(0);
    expect(statuses((await inBody.ended()).text + (await inHeader.ended()).text)).toEqual([]);
  });
});
