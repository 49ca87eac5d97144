import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { bearer, GuardedServer } from '../auth/guarded-server.ts';
import { resonateFor } from '../cli/client/resonate.ts';
import { FAR_FUTURE } from '../http/state.ts';
import { freePort } from '../processes/free-port.ts';
import { until } from '../processes/until.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(120_000);
const WITHIN_MS = 60_000;

let server: GuardedServer;
let admin: string;
let mine: string;
let target: string;

beforeAll(async () => {
  server = await GuardedServer.start('--messages-max-attempts', '1', '--messages-circuit-failures', '10000');
  admin = server.token({ role: 'admin' });
  mine = server.token({ prefix: 'mine/' });
  // Nothing listens on this port.
  target = `http://127.0.0.1:${await freePort()}`;
});
afterAll(() => server?.dispose());

interface Answer {
  status: number;
  body: {
    redrive: { id: string; redriven: number; endedAt?: number };
    jobs: { name: string; state: string }[];
    error: string;
  };
}

async function send(path: string, token: string | undefined, body?: object): Promise<Answer> {
  const answer = await server.client.send({
    path: `/admin/jobs${path}`,
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', ...bearer(token) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: JSON.parse(answer.body) as Answer['body'] };
}

const letters = () => resonateFor(server.process.url).json('dead-letters', 'list', '--token', admin);
const awaited = async () =>
  ((await letters()) as { deadLetters: { awaited: string; id: number }[] }).deadLetters.map((one) => one.awaited);

async function dead(...ids: string[]): Promise<void> {
  await until('the dead letters', WITHIN_MS, async () => (await awaited()).sort().join() === ids.sort().join());
}

async function ended(id: string, token: string): Promise<Answer['body']['redrive']> {
  return until('the redrive is done', WITHIN_MS, async () => {
    const { redrive } = (await send(`/redrive/${id}`, token)).body;
    return redrive.endedAt !== undefined && redrive;
  });
}

describe('maintenance jobs', () => {
  test('a bulk redrive is a job that the server completes; a token sees only its own redrives and those of its prefix', async () => {
    const ids = ['mine/1', 'theirs/1'];
    for (const id of ids) {
      await server.ask('promise.create', { id, timeoutAt: FAR_FUTURE }, admin);
      await server.ask('promise.register_listener', { awaited: id, address: `${target}/hook` }, admin);
      await server.ask('promise.settle', { id, state: 'resolved', value: {} }, admin);
    }
    await dead(...ids);

    const own = await send('/redrive', mine, { all: true });
    expect(own).toMatchObject({ status: 200, body: { redrive: { redriven: 0 } } });
    expect(await ended(own.body.redrive.id, mine)).toMatchObject({ redriven: 1 });
    expect(await ended(own.body.redrive.id, admin)).toMatchObject({ redriven: 1 });
    await dead(...ids);

    const all = await send('/redrive', admin, { target, transport: 'http' });
    expect(await ended(all.body.redrive.id, admin)).toMatchObject({ redriven: 2 });
    expect((await send(`/redrive/${all.body.redrive.id}`, mine)).status).toBe(404);
    expect((await send(`/redrive/${own.body.redrive.id}`, admin)).status).toBe(404);
    await dead(...ids);

    const resonate = resonateFor(server.process.url);
    expect(await resonate.json('dead-letters', 'redrive', '--all', '--token', admin)).toEqual({ redriven: 2 });
    await dead(...ids);
    const table = await resonate.terminal('dead-letters', 'redrive', '--target', target, '--token', admin);
    // This line is printed over the progress line, so it does not begin at the start of a line.
    expect(table.join('\n')).toMatch(/redriven +2$/);
    const ordered = await resonate.json('dead-letters', 'redrive', '--all', '--no-wait', '--token', admin);
    expect(ordered).toMatchObject({ id: expect.any(String) });
  });

  test('list when they last ran and what they did', async () => {
    const resonate = resonateFor(server.process.url);
    const jobs = await until('all have run', WITHIN_MS, async () => {
      const { body } = await send('', admin);
      return body.jobs.length >= 2 && body.jobs.every(({ state }) => state === 'done') && body.jobs;
    });
    const done = { state: 'done', by: expect.stringMatching(/^all-/), startedAt: expect.any(Number) };
    expect(jobs).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'retention', ...done, done: { graphs: 0, promises: 0 } }),
        expect.objectContaining({ name: 'analyze', ...done, done: { tables: expect.any(Number) } }),
      ]),
    );
    const table = await resonate.terminal('jobs', '--token', admin);
    expect(table[0]).toMatch(/^JOB +STATE +STARTED +TOOK +DONE +ERROR +PROCESS$/);
    expect(table[1]).toMatch(/^retention +done +/);
    const metrics = await (await fetch(server.process.metricsUrl)).text();
    expect(metrics).toMatch(/^resonate_maintenance_runs_total\{name="retention",outcome="done"\} [1-9]/m);
    expect(metrics).toMatch(/^resonate_maintenance_running\{name="retention"\} 0$/m);
  });

  test('are refused without a token or without the rights', async () => {
    for (const [path, body] of [
      ['', undefined],
      ['/redrive', { all: true }],
      ['/redrive/x', undefined],
    ] as const) {
      expect((await send(path, undefined, body)).status).toBe(401);
      expect((await send(path, server.token({ role: 'user' }), body)).status).toBe(403);
    }
    expect((await send('', mine)).status).toBe(403);
  });

  test.each([[{}], [{ all: true, target: 'x' }], [{ transport: 'http', all: true }], [{ ids: [1] }]])(
    'a redrive with missing, contradictory or unknown fields is a 400: %j',
    async (body) => expect((await send('/redrive', admin, body)).status).toBe(400),
  );
});
