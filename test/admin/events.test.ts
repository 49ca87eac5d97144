import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Change } from '@resonate/admin';
import { expiring } from '../../apps/api/src/auth/issuer.fixture.ts';
import { createParser } from 'eventsource-parser';
import { bearer, GuardedServer } from '../auth/guarded-server.ts';
import { FAR_FUTURE } from '../http/state.ts';
import { until } from '../processes/until.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(120_000);

let server: GuardedServer;
let admin: string;

beforeAll(async () => {
  server = await GuardedServer.start();
  admin = server.token({ role: 'admin' });
});
afterAll(() => server?.dispose());

const open: Viewer[] = [];
afterEach(() => open.splice(0).forEach((viewer) => viewer.close()));

/** A client with an open event stream, as the dashboard has one. */
class Viewer {
  readonly #answer: IncomingMessage;
  readonly ended: Promise<unknown>;
  readonly causes: Change['cause'][] = [];
  #told: () => void = () => {};

  private constructor(answer: IncomingMessage) {
    this.#answer = answer;
    this.ended = once(answer, 'end');
    // `close` aborts the answer. Nobody waits for its end then.
    this.ended.catch(() => undefined);
    const parser = createParser({
      onEvent: ({ event, data }) => {
        if (event === 'change') this.causes.push((JSON.parse(data) as Change).cause);
        this.#told();
      },
    });
    answer.setEncoding('utf8').on('data', (text: string) => parser.feed(text));
  }

  static async open(token: string, query = ''): Promise<Viewer> {
    const sent = get(`${server.process.url}/admin/events${query}`, { agent: false, headers: bearer(token) });
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}`);
    const viewer = new Viewer(answer);
    open.push(viewer);
    return viewer;
  }

  /** Waits until an event with this cause has arrived. */
  async hears(cause: Change['cause']): Promise<void> {
    while (!this.causes.includes(cause)) await new Promise<void>((resolve) => (this.#told = resolve));
  }

  close(): void {
    this.#answer.destroy();
  }
}

const create = (id: string, tags = {}) => server.ask('promise.create', { id, timeoutAt: FAR_FUTURE, tags }, admin);

describe('the events of the admin API', () => {
  test('report commits, at most twice per second', async () => {
    const viewer = await Viewer.open(admin);
    const start = performance.now();
    for (let count = 0; count < 200; count++) await create(`many/${count}`);
    await viewer.hears('commit');
    const commits = viewer.causes.filter((cause) => cause === 'commit').length;
    // Two a second; a timer may fire a little early.
    expect(commits).toBeLessThanOrEqual((performance.now() - start) / 450 + 1);
  });

  test('report to a tenant only its own changes, and for a call graph only changes of this graph', async () => {
    const mine = await Viewer.open(server.token({ prefix: 'mine/' }));
    const graph = await Viewer.open(admin, `?origin=${encodeURIComponent('mine/root')}`);
    const all = await Viewer.open(admin);
    await create('theirs/1');
    await all.hears('commit');
    await create('mine/1');
    await mine.hears('commit');
    // This page was open during both commits and got no event.
    expect(graph.causes).not.toContain('commit');
    expect(mine.causes.filter((cause) => cause === 'commit')).toHaveLength(1);
    await create('mine/root.1', { 'resonate:origin': 'mine/root' });
    await graph.hears('commit');
  });

  test('have the cause tick while nothing changes', async () => {
    await (await Viewer.open(admin)).hears('tick');
  });

  test('end when the server stops', async () => {
    const other = await GuardedServer.start();
    const sent = get(`${other.process.url}/admin/events`, {
      agent: false,
      headers: bearer(other.token({ role: 'admin' })),
    });
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    answer.resume();
    const ended = once(answer, 'end');
    await Promise.all([ended, other.process.stop()]);
    expect(answer.complete).toBe(true);
    await other.dispose();
  });

  test('end when the token expires', async () => {
    // On a slow machine a token may expire before it is used. Then it is tried again with a new one.
    const viewer = await until('an event stream', 60_000, () =>
      Viewer.open(server.token({ role: 'admin', exp: expiring(2) })),
    );
    await viewer.ended;
  });
});
