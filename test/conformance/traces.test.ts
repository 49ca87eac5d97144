import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeTraceDifference, readTraces, replay } from '@resonate/testkit';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';

const traces = readTraces();
/** What comes after a first difference is mostly its consequence. */
const DIFFERENCES_SHOWN = 3;

describe.each([
  { command: 'serve', store: 'a SQLite file' },
  { command: 'dev', store: 'memory' },
])('over HTTP, with the state in $store', ({ command }) => {
  let server: ServerProcess;
  let client: HttpClient;

  beforeAll(async () => {
    server = await ServerProcess.start({ command, args: ['--debug'] });
    client = new HttpClient(server.url);
  });

  afterAll(async () => {
    client?.close();
    await server?.dispose();
  });

  test('all recorded traffic of the public server is answered without a difference', async () => {
    expect(traces).toHaveLength(120);
    for (const trace of traces) {
      expect(await client.rpc('debug.start', {})).toMatchObject({ status: 200 });
      expect(await client.rpc('debug.reset', {})).toMatchObject({ status: 200 });
      const found = await replay(trace, (kind, data, now) => client.rpc(kind, data, now));
      expect(found.slice(0, DIFFERENCES_SHOWN).map(describeTraceDifference)).toEqual([]);
    }
  }, 60_000);
});
