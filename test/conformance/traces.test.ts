import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { describeTraceDifference, readTraces, replay, rounds, type Trace } from '@resonate/testkit';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

const traces = readTraces();
const PARTS = rounds(8, 1);
/** Several servers replay a share of the traces each, because a single server would mostly wait for the next request. */
const SERVERS = 3;
/** Only these differences are shown, because later ones are mostly consequences of the first. */
const DIFFERENCES_SHOWN = 3;

/**
 * The store's own suites replay all traces, and HTTP changes nothing in an answer. So one of these stores and a part of the
 * traces are enough in CI.
 */
const STORES = [
  { command: 'serve', store: 'a SQLite file' },
  { command: 'dev', store: 'memory' },
].slice(0, rounds(1, 2));

describe.each(STORES)('over HTTP, with the state in $store', ({ command }) => {
  let servers: ServerProcess[] = [];

  beforeAll(async () => {
    const starting = Array.from({ length: SERVERS }, () => ServerProcess.start({ command, args: ['--debug'] }));
    servers = await Promise.all(starting);
  });

  afterAll(async () => {
    for (const server of servers) await server.dispose();
  });

  test(`one in ${PARTS} traces of the public server is answered without a difference`, async () => {
    expect(traces).toHaveLength(120);
    const found = await Promise.all(
      servers.map((server, index) => {
        const share = traces.filter((_, number) => number % (PARTS * SERVERS) === index);
        return replayAll(server, share);
      }),
    );
    expect(found.flat()).toEqual([]);
  });
});

/** @returns the differences of the first trace that has any. */
async function replayAll(server: ServerProcess, share: Trace[]): Promise<string[]> {
  const client = new HttpClient(server.url);
  try {
    for (const trace of share) {
      expect(await client.rpc('debug.start', {})).toMatchObject({ status: 200 });
      expect(await client.rpc('debug.reset', {})).toMatchObject({ status: 200 });
      const found = await replay(trace, (kind, data, now) => client.rpc(kind, data, now), {
        texts: true,
      });
      if (found.length > 0) return found.slice(0, DIFFERENCES_SHOWN).map(describeTraceDifference);
    }
    return [];
  } finally {
    client.close();
  }
}
