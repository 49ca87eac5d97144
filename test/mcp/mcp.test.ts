import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { isAlive, startTcpProxy } from '@resonate/testkit';
import { GuardedServer } from '../auth/guarded-server.ts';
import { FAR_FUTURE } from '../http/state.ts';
import { freePort } from '../processes/free-port.ts';
import { HttpClient } from '../processes/http-client.ts';
import { RESONATE, ServerProcess } from '../processes/server-process.ts';
import { until } from '../processes/until.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);
const WITHIN_MS = 30_000;

interface Notification {
  method: string;
  params?: { content?: string; meta?: { handle: string; status: string } } | undefined;
}

/** An MCP client of the official MCP SDK with its own `resonate mcp` process. */
class McpSession {
  readonly client = new Client({ name: 'test', version: '1.0.0' });
  readonly notifications: Notification[] = [];
  log = '';

  static async start(url: string, token?: string): Promise<McpSession> {
    const session = new McpSession();
    const args = ['mcp', '--server', url, ...(token === undefined ? [] : ['--token', token])];
    const transport = new StdioClientTransport({ command: RESONATE, args, stderr: 'pipe' });
    transport.stderr?.on('data', (text: Buffer) => (session.log += text.toString('utf8')));
    session.client.fallbackNotificationHandler = async (notification) => {
      session.notifications.push(notification as Notification);
    };
    await session.client.connect(transport);
    return session;
  }

  /** Calls a tool. @returns whether it failed, and its text. */
  async call(name: string, args: object): Promise<{ isError: boolean; text: string }> {
    const result = await this.client.callTool({ name, arguments: { ...args } });
    const [content] = result.content as { type: string; text: string }[];
    return { isError: result.isError === true, text: content?.text ?? '' };
  }

  /** Calls a tool that must not fail. @returns its answer. */
  async answer<T>(name: string, args: object): Promise<T> {
    const { isError, text } = await this.call(name, args);
    if (isError) throw new Error(`${name}: ${text}`);
    return JSON.parse(text) as T;
  }

  /** The first notification about a promise. It may have arrived already. */
  async told(handle: string): Promise<{ content: unknown; status: string | undefined }> {
    const found = await until(`a notification about ${handle}`, WITHIN_MS, () =>
      this.notifications.find(({ params }) => params?.meta?.handle === handle),
    );
    expect(found.method).toBe('notifications/claude/channel');
    return { content: JSON.parse(found.params?.content ?? ''), status: found.params?.meta?.status };
  }
}

let server: ServerProcess;
let http: HttpClient;
let session: McpSession;

beforeAll(async () => {
  server = await ServerProcess.start({
    args: ['--messages-max-attempts', '1', '--messages-circuit-failures', '1000'],
  });
  http = new HttpClient(server.url);
  session = await McpSession.start(server.url);
});

afterAll(async () => {
  await session?.client.close();
  http?.close();
  await server?.dispose();
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('an MCP session', () => {
  test('lists its tools and the channel capability', async () => {
    const { tools } = await session.client.listTools();
    const required = Object.fromEntries(tools.map(({ name, inputSchema }) => [name, inputSchema.required ?? []]));
    expect(required).toEqual({
      'promise-create': ['id', 'timeout_at'],
      'promise-get': ['id'],
      'promise-settle': ['id', 'resolution'],
      'promise-search': [],
      'promise-listen': ['id'],
      invoke: ['id', 'func'],
      why: ['id'],
      tree: ['id'],
      'task-get': ['id'],
      'task-search': [],
      'task-halt': ['id'],
      'task-continue': ['id'],
      'schedule-create': ['id', 'cron', 'promiseId', 'promiseTimeout'],
      'schedule-get': ['id'],
      'schedule-search': [],
      'schedule-why': ['id'],
      'schedule-pause': ['id'],
      'schedule-resume': ['id'],
      'schedule-trigger': ['id'],
      'schedule-delete': ['id'],
      'dead-letter-list': [],
      'dead-letter-redrive': [],
      'dead-letter-drop': [],
      'resonate-bash': ['script'],
    });
    for (const { description } of tools) expect(description).toMatch(/./);
    expect(session.client.getServerCapabilities()).toMatchObject({
      tools: {},
      experimental: { 'claude/channel': {} },
    });
    expect(session.client.getServerVersion()).toMatchObject({ name: 'resonate-mcp' });
  });

  test('says why a promise is pending, and shows its call graph', async () => {
    const tags = { 'resonate:target': 'poll://any@nobody', 'resonate:scope': 'global' };
    await session.answer('promise-create', { id: 'stuck', timeout_at: FAR_FUTURE, tags });
    expect(await session.answer('why', { id: 'stuck' })).toMatchObject({
      cause: 'no_worker',
      sentence: expect.stringContaining('group nobody'),
      action: expect.stringContaining('Start a worker'),
    });
    expect(await session.answer('tree', { id: 'stuck' })).toEqual({ tree: ['stuck 🟡 (rpc)'] });
    for (const tool of ['why', 'tree']) {
      expect((await session.call(tool, { id: 'nothing' })).isError).toBe(true);
    }
  });

  test('creates, gets, settles and finds promises', async () => {
    const created = await session.answer('promise-create', {
      id: 'm',
      timeout_at: FAR_FUTURE,
      param: { data: 'hi', headers: { h: '1' } },
      tags: { of: 'mcp' },
    });
    const { promise } = (await http.rpc('promise.get', { id: 'm' })).data as { promise: { param: object } };
    expect(promise.param).toEqual({ data: base64('hi'), headers: { h: '1' } });
    expect(created).toEqual({ promise: { ...promise, param: { data: 'hi', headers: { h: '1' } } } });
    expect(await session.answer('promise-get', { id: 'm' })).toEqual(created);
    const settled = await session.answer('promise-settle', {
      id: 'm',
      resolution: 'cancel',
      value: { data: { n: 1 } },
    });
    expect(settled).toMatchObject({ promise: { state: 'rejected_canceled', value: { data: { n: 1 } } } });
    // With line breaks and indentation it would have 18 million characters.
    const deep = `${'['.repeat(3_000)}${']'.repeat(3_000)}`;
    await http.rpc('promise.create', { id: 'deep', timeoutAt: FAR_FUTURE, param: { data: base64(deep) } });
    expect(await session.answer('promise-get', { id: 'deep' })).toMatchObject({ promise: { param: { data: deep } } });
    await session.answer('promise-create', { id: 'm2', timeout_at: FAR_FUTURE, tags: { of: 'mcp' } });
    const search = { tags: { of: 'mcp' }, limit: 1 };
    const page = await session.answer<{ cursor: string }>('promise-search', search);
    expect(page).toMatchObject({ promises: [{ id: 'm' }], cursor: expect.any(String) });
    const rest = await session.answer('promise-search', { ...search, cursor: page.cursor });
    expect(rest).toMatchObject({ promises: [{ id: 'm2' }] });
    expect(await session.answer('promise-search', { ...search, state: 'resolved' })).toEqual({ promises: [] });
  });

  test('calls a function, and halts and continues its task', async () => {
    const call = { id: 'call', func: 'charge', args: [{ euros: 5 }], target: 'poll://any@nobody' };
    expect(await session.answer('invoke', call)).toMatchObject({
      promise: { state: 'pending', param: { data: { func: 'charge', args: [{ euros: 5 }], version: 1 } } },
    });
    expect(await session.answer('task-get', { id: 'call' })).toMatchObject({ task: { state: 'pending' } });
    await session.answer('task-halt', { id: 'call' });
    const halted = await session.answer('task-search', { state: 'halted' });
    expect(halted).toMatchObject({ tasks: [{ id: 'call', state: 'halted' }] });
    await session.answer('task-continue', { id: 'call' });
    expect(await session.answer('task-search', { state: 'halted' })).toEqual({ tasks: [] });
  });

  test('creates, pauses, triggers and deletes schedules', async () => {
    const id = 'yearly';
    const created = await session.answer('schedule-create', {
      ...{ id, cron: '0 0 1 1 *', promiseId: '{{.id}}.{{.timestamp}}', promiseTimeout: 1_000 },
      ...{ promiseParam: { data: ['x'] }, promiseTags: { of: 'mcp-schedule' } },
    });
    expect(created).toMatchObject({ schedule: { id, promiseParam: { data: ['x'] } } });
    expect(await session.answer('schedule-search', {})).toMatchObject({ schedules: [{ id }] });
    await session.answer('schedule-pause', { id });
    expect(await session.answer('schedule-why', { id })).toMatchObject({ sentence: expect.stringContaining('paused') });
    await session.answer('schedule-resume', { id });
    expect(await session.answer('schedule-trigger', { id })).toMatchObject({
      promise: { state: 'pending', param: { data: ['x'] } },
    });
    await session.answer('schedule-delete', { id });
    expect((await session.call('schedule-get', { id })).isError).toBe(true);
  });

  test('lists, sends again and drops messages that could not be delivered', async () => {
    const address = `http://127.0.0.1:${await freePort()}/`;
    await session.answer('promise-create', { id: 'unheard', timeout_at: FAR_FUTURE });
    await http.rpc('promise.register_listener', { awaited: 'unheard', address });
    await session.answer('promise-settle', { id: 'unheard', resolution: 'resolve' });
    interface Page {
      deadLetters: { id: number; awaited: string }[];
    }
    const letter = () =>
      until('the message is a dead letter', WITHIN_MS, async () => {
        const { deadLetters } = await session.answer<Page>('dead-letter-list', { prefix: 'unheard' });
        return deadLetters[0];
      });
    expect(await session.answer('dead-letter-redrive', { ids: [(await letter()).id] })).toMatchObject({ redriven: 1 });
    expect(await session.answer('dead-letter-drop', { ids: [(await letter()).id] })).toMatchObject({ dropped: 1 });
    expect((await session.call('dead-letter-drop', {})).isError).toBe(true);
  });

  test.each([
    ['resolve', 'resolved', 'resolved'],
    ['reject', 'rejected', 'rejected'],
    ['cancel', 'rejected_canceled', 'canceled'],
  ])('sends a notification when a promise settles to which it listens: %s', async (resolution, state, status) => {
    const id = `listen-${resolution}`;
    await session.answer('promise-create', { id, timeout_at: FAR_FUTURE });
    expect(await session.answer('promise-listen', { id })).toMatchObject({ promise: { id, state: 'pending' } });
    const { promise } = await session.answer<{ promise: unknown }>('promise-settle', { id, resolution });
    expect(await session.told(id)).toEqual({ content: promise, status });
    expect(promise).toMatchObject({ state });
  });

  /** Listens to a promise that times out soon. A busy machine may need longer to listen to it before. @returns its id. */
  async function listenedTo(): Promise<string> {
    for (let inMs = 1_000; ; inMs *= 2) {
      const id = `late-${inMs}`;
      await session.answer('promise-create', { id, timeout_at: Date.now() + inMs });
      const { promise } = await session.answer<{ promise: { state: string } }>('promise-listen', { id });
      if (promise.state === 'pending') return id;
    }
  }

  test('sends a notification when a promise times out', async () => {
    const told = await session.told(await listenedTo());
    expect(told).toMatchObject({ content: { state: 'rejected_timedout' }, status: 'timedout' });
  });

  test('submits a script and sends a notification with its outcome', async () => {
    const script = 'echo done';
    const started = await session.answer<{ promise: { id: string; createdAt: number; timeoutAt: number } }>(
      'resonate-bash',
      { script, tags: { why: 'test' } },
    );
    const { id, createdAt, timeoutAt } = started.promise;
    expect(started).toMatchObject({
      promise: { param: { data: script }, tags: { why: 'test', 'resonate:target': 'bash://' } },
      listener_registered: true,
      target: 'bash://',
    });
    expect(Math.abs(timeoutAt - createdAt - 300_000)).toBeLessThan(60_000);
    // Scripts are off on this server, so another client settles the promise.
    await http.rpc('promise.settle', { id, state: 'resolved', value: { data: 'done' } });
    expect(await session.told(id)).toMatchObject({ content: { id, value: { data: 'done' } }, status: 'resolved' });

    const target = 'bash://docker/debian';
    const named = await session.answer('resonate-bash', { script, id: 'named', timeoutMs: 60_000, target });
    expect(named).toMatchObject({ promise: { id: 'named', tags: { 'resonate:target': target } }, target });
    await session.answer('promise-settle', { id: 'named', resolution: 'cancel' });
    const again = await session.answer('resonate-bash', { script, id: 'named', target });
    expect(again).toMatchObject({ promise: { state: 'rejected_canceled' }, listener_registered: false });
  });

  test('sends the notification of a script that ends before its listener is registered', async () => {
    const proxy = await startTcpProxy('127.0.0.1', Number(new URL(server.url).port));
    let settled: Promise<unknown> | undefined;
    proxy.rules.toServer = (data, link) => {
      if (!data.includes('promise.register_listener')) return link.sendToServer(data);
      settled = http.rpc('promise.settle', { id: 'short', state: 'resolved' }).finally(() => link.sendToServer(data));
    };
    const other = await McpSession.start(`http://127.0.0.1:${proxy.port}`);
    try {
      const answer = await other.answer('resonate-bash', { script: 'true', id: 'short' });
      expect(answer).toMatchObject({ promise: { id: 'short', state: 'resolved' }, listener_registered: true });
      expect(await other.told('short')).toMatchObject({ content: { id: 'short' }, status: 'resolved' });
      await settled;
    } finally {
      await other.client.close();
      await proxy.stop();
    }
  });

  test('returns a failure as the result of the tool', async () => {
    expect(await session.call('promise-get', { id: 'none' })).toEqual({
      isError: true,
      text: expect.stringContaining('(404)'),
    });
    const mistakes: [string, object][] = [
      ['promise-get', {}],
      ['promise-create', { id: 'x', timeout_at: 'soon' }],
      ['promise-settle', { id: 'x', resolution: 'forget' }],
      ['resonate-bash', { script: 'true', target: 'http://elsewhere' }],
      ['no-such-tool', {}],
    ];
    for (const [name, args] of mistakes) {
      expect({ name, ...(await session.call(name, args)) }).toEqual({ name, isError: true, text: expect.any(String) });
    }
  });

  test('continues after a restart of the server, and loses no notification', async () => {
    await session.answer('promise-create', { id: 'kept', timeout_at: FAR_FUTURE });
    await session.answer('promise-listen', { id: 'kept' });
    await server.kill9();
    expect(await session.call('promise-get', { id: 'kept' })).toMatchObject({ isError: true });
    await server.restart();
    await http.rpc('promise.settle', { id: 'kept', state: 'resolved' });
    expect(await session.told('kept')).toMatchObject({ status: 'resolved' });
    // Standard output carries only the protocol. The log is on standard error.
    expect(session.log).toContain('the event stream broke');
  });

  test('ends when its client ends', async () => {
    const other = await McpSession.start(server.url);
    const { pid } = other.client.transport as StdioClientTransport;
    await other.client.close();
    await until('its process has ended', WITHIN_MS, () => !isAlive(pid ?? 0));
  });
});

describe('on a server that requires tokens and runs scripts', () => {
  let guarded: GuardedServer;
  let own: McpSession | undefined;

  beforeAll(async () => {
    guarded = await GuardedServer.start('--transports-bash-exec-enabled');
  });

  afterEach(() => own?.client.close());
  afterAll(() => guarded?.dispose());

  test('a session with a token calls tools and gets notifications', async () => {
    own = await McpSession.start(guarded.process.url, guarded.token({ role: 'admin' }));
    await own.answer('promise-create', { id: 'g', timeout_at: FAR_FUTURE });
    await own.answer('promise-listen', { id: 'g' });
    await own.answer('promise-settle', { id: 'g', resolution: 'resolve' });
    expect(await own.told('g')).toMatchObject({ status: 'resolved' });
  });

  test('a script runs, and its session gets a notification with its output', async () => {
    own = await McpSession.start(guarded.process.url, guarded.token({ role: 'admin' }));
    await own.answer('resonate-bash', { id: 'script', script: 'echo "it is $((40 + 2))"' });
    const told = await own.told('script');
    expect(told).toMatchObject({ content: { value: { data: 'it is 42' } }, status: 'resolved' });
  });
});
