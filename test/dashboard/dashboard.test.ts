import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Resonate, type Context } from '@resonatehq/sdk';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GuardedServer } from '../auth/guarded-server.ts';
import { FAR_FUTURE } from '../http/state.ts';
import { freePort } from '../processes/free-port.ts';
import { PHONE, TestBrowser, type Viewer, WIDE } from './browser.ts';
import { buildUi, DIST } from '../../scripts/build-ui.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(120_000);

const MAX_BUNDLE_BYTES = 400_000;
const MARKUP = '<img src=x onerror="alert(1)"><script>alert(2)</script>';

let server: GuardedServer;
let admin: string;
let browser: TestBrowser;
let viewer: Viewer;
let hookPort: number;

beforeAll(async () => {
  buildUi();
  server = await GuardedServer.start('--messages-max-attempts', '1', '--messages-circuit-failures', '10000');
  admin = server.token({ role: 'admin' });
  browser = await TestBrowser.launch(server.process.url);
  viewer = await browser.viewer();
  hookPort = await freePort();
});

afterAll(async () => {
  await browser?.close();
  await server?.dispose();
});

/** Sends a request that must get 200. @returns its data. */
async function ask(kind: string, data: unknown): Promise<Record<string, unknown>> {
  const answer = await server.ask(kind, data, admin);
  if (answer.status !== 200) throw new Error(`${kind}: ${answer.status} ${JSON.stringify(answer.data)}`);
  return answer.data as Record<string, unknown>;
}

const row = (text: string, of = viewer) => of.page.getByRole('row').filter({ hasText: text });
const dialogButton = (name: string) => viewer.page.getByRole('dialog').getByRole('button', { name, exact: true });

describe('the dashboard', () => {
  test('asks for a token, keeps it for the tab, and shows the cluster', async () => {
    const { page } = viewer;
    await page.goto('/ui/cluster');
    await page.getByLabel('JSON Web Token').fill(admin);
    await page.getByRole('button', { name: 'Use this token' }).click();
    await row('all roles').waitFor();
    expect(await row('all roles').innerText()).toContain('Alive');
    expect(page.url()).not.toContain(admin);
    await page.reload();
    await row('all roles').waitFor();
    expect(await page.evaluate('localStorage.length')).toBe(0);
  });

  test('shows a workflow of the SDK while it runs and after its end; the URL of the search can be shared', async () => {
    const resonate = new Resonate({ url: server.process.url, group: 'default', token: admin });
    let finish = () => {};
    const finished = new Promise<void>((resolve) => (finish = resolve));
    resonate.register('greet', async (_: Context, name: string) => {
      await finished;
      return `hello ${name}`;
    });
    try {
      await viewer.open('/ui/promises?prefix=greeting');
      const handle = await resonate.beginRpc('greeting-1', 'greet', 'world');
      await row('greeting-1').getByText('Pending').waitFor();
      expect(await row('greeting-1').innerText()).toContain('greet');
      finish();
      await handle.result();
      await row('greeting-1').getByText('Resolved').waitFor();
      await viewer.page.getByLabel('State').selectOption('rejected');
      await viewer.page.getByText('No workflow matches').waitFor();
      await viewer.page.getByLabel('State').selectOption('resolved');
      await row('greeting-1').waitFor();
      const shared = await browser.viewer({ token: admin });
      await shared.open(viewer.page.url());
      await row('greeting-1', shared).waitFor();
      await shared.close();
    } finally {
      await resonate.stop();
    }
  });

  test('finds promises by a tag, newest first and page by page', async () => {
    for (let count = 0; count < 60; count++) {
      await ask('promise.create', { id: `page-${count}`, timeoutAt: FAR_FUTURE, tags: { batch: 'one' } });
    }
    await viewer.open('/ui/promises');
    await viewer.page.getByLabel('Tag', { exact: true }).fill('batch=one');
    await viewer.page.getByRole('button', { name: 'Search' }).click();
    await row('page-59').waitFor();
    const links = viewer.page.locator('td.cell-id a');
    expect(await links.first().innerText()).toBe('page-59');
    expect(await links.count()).toBe(50);
    await viewer.page.getByRole('button', { name: 'Load more' }).click();
    await row('page-0').last().waitFor();
    expect(await links.count()).toBe(60);
  });

  test('creates a schedule and pauses it', async () => {
    const { page } = viewer;
    await viewer.open('/ui/schedules');
    await page.getByRole('button', { name: 'New schedule' }).click();
    await page.getByLabel('Id', { exact: true }).fill('nightly');
    await page.getByLabel('Cron expression').fill('30 2 * * *');
    await page.getByRole('dialog').getByText('At 02:30').waitFor();
    expect(await page.getByRole('dialog').getByRole('listitem').allInnerTexts()).toHaveLength(5);
    await page.getByLabel('Function').fill('report');
    await dialogButton('Create').click();
    await row('nightly').getByText('Active').waitFor();
    await row('nightly').getByRole('button', { name: 'Pause nightly' }).click();
    expect(await page.getByRole('dialog').innerText()).toContain('nightly');
    await dialogButton('Pause').click();
    await row('nightly').getByText('Paused').waitFor();
    expect(await ask('schedule.get', { id: 'nightly' })).toMatchObject({
      schedule: {
        cron: '30 2 * * *',
        pausedAt: expect.any(Number),
        promiseTags: { 'resonate:target': 'poll://any@default' },
      },
    });
  });

  test('edits a schedule, which stays paused and keeps the fields that the form does not show', async () => {
    const { page } = viewer;
    const definition = { promiseParam: { headers: { h: '1' }, data: 'not a call' }, promiseTags: { team: 'red' } };
    const schedule = { id: 'hourly', cron: '0 * * * *', promiseId: '{{.id}}/{{.timestamp}}', promiseTimeout: 1_234 };
    await ask('schedule.create', { ...schedule, ...definition, catchUp: 'last' });
    await ask('schedule.pause', { id: 'hourly' });
    const before = (await ask('schedule.get', { id: 'hourly' }))['schedule'];
    await viewer.open('/ui/schedules');
    await row('hourly').getByRole('button', { name: 'Edit hourly' }).click();
    await page.getByLabel('Cron expression').fill('15 4 * * *');
    await page.getByRole('dialog').getByText('At 04:15').waitFor();
    await dialogButton('Save').click();
    await row('hourly').getByText('At 04:15').waitFor();
    expect((await ask('schedule.get', { id: 'hourly' }))['schedule']).toEqual({
      ...(before as object),
      cron: '15 4 * * *',
    });
    await row('hourly').getByRole('button', { name: 'Edit hourly' }).click();
    await page.getByLabel('Function').fill('report');
    await page.getByLabel('Target').fill('poll://any@reports');
    await dialogButton('Save').click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect((await ask('schedule.get', { id: 'hourly' }))['schedule']).toMatchObject({
      promiseTags: { team: 'red', 'resonate:target': 'poll://any@reports' },
      promiseParam: { data: btoa(JSON.stringify({ func: 'report', args: [], version: 1 })) },
    });
  });

  test('starts a workflow and runs it again, with ids that the token allows', async () => {
    const resonate = new Resonate({ url: server.process.url, group: 'default', token: admin });
    resonate.register('shout', async (_: Context, name: string) => `${name}!`);
    const tenant = await browser.viewer({ token: server.token({ prefix: 'ours/' }) });
    const { page } = tenant;
    const dialog = page.getByRole('dialog');
    const run = (name: string) => dialog.getByRole('button', { name, exact: true });
    try {
      await tenant.open('/ui/promises');
      await page.getByRole('button', { name: 'Start a workflow' }).click();
      await dialog.getByLabel('Function').fill('shout');
      await dialog.getByLabel('Arguments').fill('["Zoë"]');
      await dialog.getByLabel('Id').fill('theirs/shout');
      expect(await run('Start').isDisabled()).toBe(true);
      await dialog.getByText('Your token allows ids that begin with ours/').waitFor();
      await dialog.getByLabel('Id').fill('ours/shout');
      await run('Start').click();
      await page.waitForURL(/promise\?id=ours%2Fshout$/);
      await page.getByLabel('Value', { exact: true }).getByText('Zoë!').waitFor();
      await page.getByRole('button', { name: 'Run again…' }).click();
      const id = await dialog.getByLabel('Id').inputValue();
      expect(id).toMatch(/^ours\/shout-\d{8}-\d{6}$/);
      await dialog.getByLabel('Id').fill('ours/shout');
      await run('Run again').click();
      await dialog.getByText('already exists').waitFor();
      await dialog.getByLabel('Id').fill(id);
      await run('Run again').click();
      await page.waitForURL(/promise\?id=ours%2Fshout-/);
      await page.getByLabel('Value', { exact: true }).getByText('Zoë!').waitFor();
    } finally {
      await resonate.stop();
    }
    const [first, second] = await Promise.all(
      ['ours/shout', new URL(page.url()).searchParams.get('id')].map((id) => ask('promise.get', { id })),
    );
    expect(second).toMatchObject({ promise: { param: (first as { promise: { param: object } }).promise.param } });
    expect(tenant.faults).toEqual([]);
    await tenant.close();
  });

  test('shows dead letters, and sends the selected ones again, which arrive', async () => {
    const { page } = viewer;
    // No server listens on this port yet.
    for (const id of ['news-1', 'news-2']) {
      await ask('promise.create', { id, timeoutAt: FAR_FUTURE });
      await ask('promise.register_listener', { awaited: id, address: `http://127.0.0.1:${hookPort}/${id}` });
      await ask('promise.settle', { id, state: 'resolved', value: {} });
    }
    await viewer.open('/ui/dead-letters');
    await row('news-1').waitFor();
    await row('news-2').waitFor();
    expect(await row('news-1').innerText()).toMatch(/ECONNREFUSED|refused/i);
    const paths = new Set<string>();
    const hook = createServer(({ url = '' }, response) => {
      paths.add(url);
      response.end();
      if (paths.size === 2) hook.emit('both');
    });
    hook.listen(hookPort, '127.0.0.1');
    await once(hook, 'listening');
    try {
      const arrived = once(hook, 'both');
      for (const id of ['news-1', 'news-2']) await page.getByLabel(`Select the dead letter of ${id}`).check();
      await page.getByRole('button', { name: 'Send 2 selected again' }).click();
      await dialogButton('Send again').click();
      await arrived;
      await page.getByText('No dead letters').waitFor();
    } finally {
      hook.closeAllConnections();
      hook.close();
    }
  });

  test('releases the task of a worker that hangs; another worker takes it', async () => {
    const { page } = viewer;
    const lease = { pid: 'hanging-worker', ttl: 600_000 };
    const promise = { id: 'stuck', timeoutAt: FAR_FUTURE, tags: { 'resonate:target': 'poll://any@nobody' } };
    await ask('task.create', { ...lease, action: { kind: 'promise.create', head: {}, data: promise } });
    await viewer.open('/ui/promise?id=stuck');
    const card = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Task', exact: true }) });
    await card.getByText('Running').waitFor();
    await card.getByText('hanging-worker').waitFor();
    await card.getByRole('button', { name: 'Release' }).click();
    await dialogButton('Release').click();
    await card.getByText('Waiting').waitFor();
    const { task } = await ask('task.get', { id: 'stuck' });
    expect(task).toMatchObject({ state: 'pending', version: 1 });
    await ask('task.acquire', { id: 'stuck', version: 1, pid: 'sound-worker', ttl: 600_000 });
    await card.getByText('sound-worker').waitFor();
  });

  test('rejects a pending promise with an error that its awaiters get', async () => {
    const { page } = viewer;
    await ask('promise.create', { id: 'approval', timeoutAt: FAR_FUTURE });
    await viewer.open('/ui/promise?id=approval');
    await page.getByRole('button', { name: 'Reject' }).click();
    const editor = page.getByRole('dialog').getByLabel('Value, as JSON');
    await editor.fill('{"__type": "error"');
    expect(await dialogButton('Reject the promise').isDisabled()).toBe(true);
    const error = { __type: 'error', name: 'Error', message: 'over budget' };
    await editor.fill(JSON.stringify(error));
    await dialogButton('Reject the promise').click();
    await page.locator('main .badge').getByText('Rejected').waitFor();
    await page.locator('main').getByText('over budget').first().waitFor();
    expect(await page.getByRole('button', { name: 'Reject' }).count()).toBe(0);
    const { promise } = (await ask('promise.get', { id: 'approval' })) as {
      promise: { state: string; value: { data: string } };
    };
    expect(promise.state).toBe('rejected');
    expect(JSON.parse(Buffer.from(promise.value.data, 'base64').toString())).toEqual(error);
  });

  test('loads its data again at the interval that the server gives while there are no events', async () => {
    const reader = await browser.viewer({ token: admin });
    await reader.page.route('**/admin/events*', (route) => route.abort());
    await reader.page.route('**/admin/session', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...((await response.json()) as object), refreshMs: 200 } });
    });
    await reader.open('/ui/promises?kind=all&prefix=polled');
    await ask('promise.create', { id: 'polled', timeoutAt: FAR_FUTURE });
    await row('polled', reader).waitFor();
    const since = performance.now();
    for (let count = 0; count < 5; count++) {
      await reader.page.waitForRequest(/\/admin\/promises/, { timeout: 30_000 });
    }
    // At the server's default, five requests are 4 * 5 s apart.
    expect(performance.now() - since).toBeLessThan(20_000);
    expect(reader.faults).toEqual([]);
    await reader.close();
  });

  test('shows a tenant only its own data', async () => {
    await ask('promise.create', { id: 'mine/1', timeoutAt: FAR_FUTURE });
    await ask('promise.create', { id: 'theirs/1', timeoutAt: FAR_FUTURE });
    const tenant = await browser.viewer({ token: server.token({ prefix: 'mine/' }) });
    await tenant.open('/ui/cluster');
    await tenant.page.getByText('This page needs a token without restrictions').waitFor();
    await tenant.open('/ui');
    await row('mine/1', tenant).waitFor();
    expect(await row('theirs/1', tenant).count()).toBe(0);
    await tenant.open('/ui/promises?kind=all');
    await row('mine/1', tenant).waitFor();
    expect(await tenant.page.locator('td.cell-id a').allInnerTexts()).toEqual(['mine/1']);
    expect(tenant.faults).toEqual([]);
    await tenant.close();
  });

  test('shows markup in data as text', async () => {
    const id = `markup ${MARKUP}`;
    await ask('promise.create', { id, timeoutAt: FAR_FUTURE, tags: { [MARKUP]: MARKUP }, param: { data: MARKUP } });
    await viewer.open(`/ui/promises?kind=all&prefix=${encodeURIComponent('markup')}`);
    await row('markup').waitFor();
    expect(await viewer.page.locator('td.cell-id a').innerText()).toBe(id);
    await viewer.page.locator('td.cell-id a').click();
    await viewer.page.locator('main').getByText(MARKUP).first().waitFor();
    expect(await viewer.page.locator('main img, main script').count()).toBe(0);
  });

  test('can be used with the keyboard: search, help, pages', async () => {
    const { page } = viewer;
    await viewer.open('/ui/tasks');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await page.getByRole('heading', { name: 'Schedules', level: 1 }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('page-1');
    await page.keyboard.press('Enter');
    await page.waitForURL(/prefix=page-1/);
    await row('page-11').waitFor();
  });

  test('has not violated its content security policy, and no script has failed', () => {
    expect(viewer.faults).toEqual([]);
  });
});

describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
  const PAGES = [
    '/ui',
    '/ui/cluster',
    '/ui/promises?kind=all&prefix=markup',
    '/ui/tasks',
    '/ui/schedules?id=nightly',
    '/ui/dead-letters',
    '/ui/promise?id=greeting-1',
    '/ui/graph?root=greeting-1',
  ];

  test('axe finds nothing serious on any page, and no page scrolls sideways', async () => {
    const found: string[] = [];
    for (const viewport of colorScheme === 'light' ? [WIDE, PHONE] : [WIDE]) {
      const reader = await browser.viewer({ token: admin, colorScheme, viewport });
      for (const path of PAGES) {
        await reader.open(path);
        if (viewport === WIDE) found.push(...(await reader.violations()).map((violation) => `${path}: ${violation}`));
        const width = await reader.page.evaluate<number>(
          'document.querySelector("main").scrollWidth - document.querySelector("main").clientWidth',
        );
        if (width > 0) found.push(`${path}: ${width} px too wide`);
      }
      await reader.close();
    }
    expect(found).toEqual([]);
  });
});

test('the built dashboard is small and has no source maps', () => {
  const files = readdirSync(DIST, { recursive: true, encoding: 'utf8' });
  const compressed = files.filter((file) => file.endsWith('.gz'));
  const bytes = compressed.reduce((sum, file) => sum + statSync(join(DIST, file)).size, 0);
  expect(compressed.length).toBeGreaterThan(2);
  expect(bytes).toBeLessThan(MAX_BUNDLE_BYTES);
  expect(files.filter((file) => file.endsWith('.map'))).toEqual([]);
});
