import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { createLogger, type Fields, type LogLevel } from './index.ts';

function capture({ tty = false, level = 'info' }: { tty?: boolean; level?: LogLevel } = {}) {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: tty });
  const logger = createLogger({ level, stream });
  /** What was written since the last call. */
  const text = () => (stream.read() as string | null) ?? '';
  const json = () => JSON.parse(text()) as Record<string, unknown>;
  return { logger, text, json };
}

/** Without colours, and with TIME for each time. */
function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/^\S+Z /gm, 'TIME ');
}

describe('on a terminal', () => {
  test('a line looks like the public server’s', () => {
    const { logger, text } = capture({ tty: true });
    logger.info('Resonate Server starting', { port: 8001 });
    logger.info('Using SQLite backend', { path: 'resonate.db' });
    logger.warn('Auth disabled');
    expect(plain(text())).toBe(
      'TIME  INFO resonate: Resonate Server starting port=8001\n' +
        'TIME  INFO resonate: Using SQLite backend path="resonate.db"\n' +
        'TIME  WARN resonate: Auth disabled\n',
    );
  });

  test('each level has its colour', () => {
    const { logger, text } = capture({ tty: true });
    logger.info('a');
    logger.error('b');
    const [info, error] = text().split('\n');
    expect(info).toContain('\u001b[32m INFO\u001b[39m');
    expect(error).toContain('\u001b[31mERROR\u001b[39m');
  });

  test('an error, a line break or an escape sequence stays within its line', () => {
    const { logger, text } = capture({ tty: true });
    logger.error('failed\nINFO resonate: forged', {
      error: new TypeError('no\nway'),
      id: '\u001b[31mred',
      gone: undefined,
    });
    expect(plain(text())).toBe(
      'TIME ERROR resonate: failed INFO resonate: forged error="TypeError: no\\nway" id="\\u001b[31mred"\n',
    );
  });

  test('an error without a message shows its code', () => {
    const { logger, text } = capture({ tty: true });
    logger.error('failed', { error: Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }) });
    expect(text()).toContain('error="AggregateError: ECONNREFUSED"');
  });
});

describe('otherwise', () => {
  test('a line is one JSON object with time, level, message and fields', () => {
    const { logger, json } = capture();
    logger.info('started', { port: 8001, ts: 'mine', level: 'mine', nested: { list: [1, 'a', null] } });
    const line = json();
    expect(line).toMatchObject({ level: 'info', msg: 'started', port: 8001, nested: { list: [1, 'a', null] } });
    expect(Object.keys(line).slice(0, 3)).toEqual(['ts', 'level', 'msg']);
    expect(Math.abs(Date.now() - Date.parse(String(line['ts'])))).toBeLessThan(60_000);
  });

  test('an error keeps its code, stack and cause', () => {
    const { logger, json } = capture();
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    logger.error('failed', { error: new Error('store is away', { cause }) });
    expect(json()).toMatchObject({
      error: { name: 'Error', message: 'store is away', cause: { message: 'refused', code: 'ECONNREFUSED' } },
    });
  });

  test('values that JSON does not support are shown, too', () => {
    const { logger, json } = capture();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    logger.info('odd', {
      big: 10n,
      circle,
      bytes: Buffer.alloc(3),
      at: new Date(0),
      never: new Date(NaN),
      many: Array(500),
    });
    expect(json()).toMatchObject({ big: '10', bytes: '(3 bytes)', at: '1970-01-01T00:00:00.000Z', never: null });
  });

  test('a huge field is cut', () => {
    const { logger, text } = capture();
    logger.info('x', { body: 'y'.repeat(1_000_000), list: Array.from({ length: 1_000_000 }, () => 1) });
    expect(text().length).toBeLessThan(20_000);
  });
});

describe('levels', () => {
  test('only lines of the level or above are written', () => {
    const { logger, text } = capture({ level: 'warn' });
    logger.debug('a');
    logger.info('b');
    expect(text()).toBe('');
    logger.warn('c');
    logger.error('d');
    expect(text().trim().split('\n')).toHaveLength(2);
  });

  test('the level changes at run time, also for existing children', () => {
    const { logger, text } = capture();
    const child = logger.child({ role: 'api' });
    child.debug('before');
    expect(text()).toBe('');
    logger.setLevel('debug');
    expect(logger.level).toBe('debug');
    child.debug('after');
    expect(text()).toContain('after');
  });

  test('a child adds its fields to each line', () => {
    const { logger, json } = capture();
    logger.child({ role: 'api' }).child({ corrId: 'c1' }).info('x', { n: 1 });
    expect(json()).toMatchObject({ role: 'api', corrId: 'c1', n: 1 });
  });
});

describe('secrets', () => {
  const SECRET: Record<string, Fields> = {
    'a token': { token: 'hunter2', accessToken: 'hunter2', head: { auth: 'hunter2' } },
    'a password': { password: 'hunter2', PGPASSWORD: 'hunter2', list: [{ passwd: 'hunter2' }] },
    headers: { headers: { Authorization: 'Bearer hunter2', cookie: 'hunter2', 'x-api-key': 'hunter2' } },
    'a whole object': { credentials: { user: 'hunter', key: 'hunter2' } },
    'a URL': { url: 'postgres://user:hunter2@host/db', target: new URL('https://user:hunter2@host/?token=hunter2') },
    'an error': { error: new Error('cannot connect to mysql://user:hunter2@host/db') },
  };

  test.each(Object.entries(SECRET))('in %s are masked', (_, fields) => {
    for (const tty of [true, false]) {
      const { logger, text } = capture({ tty });
      logger.child(fields).error('x', fields);
      const line = text();
      expect(line).toContain('***');
      expect(line).not.toContain('hunter');
    }
  });

  test('in the message are masked', () => {
    const { logger, json } = capture();
    logger.info('connecting to redis://:hunter2@host');
    expect(json()['msg']).toBe('connecting to redis://:***@host');
  });

  test('are not masked in ids, because clients choose them', () => {
    const { logger, json } = capture();
    const id = 'https://a:b@c/?token=d';
    logger.info('x', { id, promise: id, processes: [id] });
    expect(json()).toMatchObject({ id, promise: id, processes: [id] });
  });

  test('are not masked in counts and plain URLs', () => {
    const { logger, json } = capture();
    logger.info('x', { tokens: 5, url: 'http://localhost:8001/a' });
    expect(json()).toMatchObject({ tokens: 5, url: 'http://localhost:8001/a' });
  });
});

test('lines that could not be written are counted, and the count is logged when writing works again', () => {
  const lines: string[] = [];
  let isFull = true;
  // Like process.stdout: after a failed write the stream still works.
  const file = Object.assign(new PassThrough(), {
    write: (line: string, written?: (error?: Error) => void) => {
      if (!isFull) lines.push(line);
      written?.(isFull ? new Error('no space left on device') : undefined);
      return true;
    },
  });
  const logger = createLogger({ level: 'info', stream: file });
  logger.info('one');
  logger.info('two');
  isFull = false;
  logger.info('three');
  expect(lines.map((line) => JSON.parse(line) as Record<string, unknown>)).toMatchObject([
    { msg: 'three' },
    { level: 'warn', msg: 'log lines could not be written and are lost', count: 2 },
  ]);
});

test('lines for a stalled reader are lost beyond a limit, and their count is logged when it reads again', async () => {
  const pipe = new PassThrough();
  const logger = createLogger({ level: 'info', stream: pipe });
  for (let i = 0; i < 1_000; i++) logger.info('x'.repeat(8_000), { i });
  expect(pipe.writableLength + pipe.readableLength).toBeLessThan(1_200_000);
  const lines: { msg: string; count?: number }[] = [];
  for await (const line of createInterface(pipe)) {
    lines.push(JSON.parse(line) as { msg: string; count?: number });
    if (lines.at(-1)?.count !== undefined) break;
  }
  expect(lines.at(-1)?.count).toBe(1_000 - (lines.length - 1));
});
