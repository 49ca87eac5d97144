import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { FAR_FUTURE } from '../http/state.ts';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { TestBrowser, type Viewer } from './browser.ts';
import { buildUi } from '../../scripts/build-ui.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(120_000);

let server: ServerProcess;
let client: HttpClient;
let browser: TestBrowser;
let viewer: Viewer;

async function ask(kind: string, data: object): Promise<void> {
  const answer = await client.rpc(kind, data);
  expect({ kind, data, answer }).toMatchObject({ answer: { status: 200 } });
}

const call = (func: string) => ({ headers: {}, data: btoa(JSON.stringify({ func, args: [], version: 1 })) });
const TARGET = { 'resonate:target': 'poll://any@nobody' };

async function create(id: string, func: string, tags: Record<string, string> = {}): Promise<void> {
  await ask('promise.create', { id, timeoutAt: FAR_FUTURE, param: call(func), tags });
}

/** A workflow that waits for its step `ID:0`, which no worker runs. */
async function createWaiting(id: string): Promise<void> {
  const step = `${id}:0`;
  await create(id, 'order', TARGET);
  await create(step, 'charge', { 'resonate:origin': id, 'resonate:parent': id });
  await ask('task.acquire', { id, version: 0, pid: 'worker', ttl: 600_000 });
  const callback = { kind: 'promise.register_callback', head: {}, data: { awaited: step, awaiter: id } };
  await ask('task.suspend', { id, version: 1, actions: [callback] });
}

/** Workflows: one held by a worker, one that waits for a worker, one that waits for a step, and three that failed. */
async function createWorkflows(): Promise<void> {
  await create('order-1', 'order', TARGET);
  await ask('task.acquire', { id: 'order-1', version: 0, pid: 'worker', ttl: 600_000 });
  await create('order-2', 'order', TARGET);
  await createWaiting('order-3');
  const error = { __type: 'error', name: 'PaymentError', message: 'card declined' };
  const value = { headers: {}, data: btoa(JSON.stringify(error)) };
  await create('bad-1', 'charge');
  await ask('promise.settle', { id: 'bad-1', state: 'rejected', value });
  await create('bad-2', 'charge');
  await ask('promise.settle', { id: 'bad-2', state: 'rejected_canceled' });
  await ask('promise.create', { id: 'bad-3', timeoutAt: Date.now() + 1_000, param: call('charge') });
}

beforeAll(async () => {
  buildUi();
  server = await ServerProcess.start({ command: 'dev' });
  client = new HttpClient(server.url);
  browser = await TestBrowser.launch(server.url);
  viewer = await browser.viewer();
});

afterAll(async () => {
  client?.close();
  await browser?.close();
  await server?.stop();
  await server?.dispose();
});

const tile = (label: string) => viewer.page.locator('.tile').filter({ hasText: label }).locator('.tile-value');
const region = (name: string) => viewer.page.getByRole('table', { name });

describe('the front page', () => {
  test('says what to do on a new server', async () => {
    await viewer.open('/ui');
    await viewer.page.getByText('There is no workflow yet').waitFor();
    await viewer.page.getByText('No workflow has failed').waitFor();
  });

  test('counts running, waiting and failed workflows, and updates by itself', async () => {
    await createWorkflows();
    await tile('Failed').getByText('3', { exact: true }).waitFor();
    for (const label of ['Running', 'Waiting for a worker', 'Suspended']) {
      await tile(label).getByText('1', { exact: true }).waitFor();
    }
  });

  test('shows recent failures with their error, and the newest workflows', async () => {
    const failures = region('Recent failures');
    await failures.getByText('PaymentError: card declined').waitFor();
    // The newest failure.
    await failures.getByText('Timed out').waitFor();
    expect(await failures.locator('.badge').allInnerTexts()).toEqual(['Timed out', 'Canceled', 'Rejected']);
    const newest = region('Newest workflows');
    await newest.getByRole('row').filter({ hasText: 'order-2' }).getByText('No worker of group nobody').waitFor();
    await newest.getByText('Waits for another promise').waitFor();
    expect(await newest.getByText('PaymentError: card declined').count()).toBe(1);
    expect(await newest.locator('td.cell-id').count()).toBe(6);
    expect(await newest.getByText('order-3:0').count()).toBe(0);
  });

  test('has a link from a count to the list of what was counted', async () => {
    await viewer.page.getByRole('link', { name: /^Failed/ }).click();
    await viewer.page.waitForURL(/state=failed/);
    await region('Workflows').getByText('PaymentError: card declined').waitFor();
    expect(await region('Workflows').locator('td.cell-id').count()).toBe(3);
  });
});

describe('a search', () => {
  test('by function finds workflows first, then steps', async () => {
    const { page } = viewer;
    await viewer.open('/ui/promises');
    await page.getByLabel('Function').fill('charge');
    await page.getByRole('button', { name: 'Search' }).click();
    await region('Steps').getByText('order-3:0').waitFor();
    const names = region('Workflows').locator('td.cell-id a span:last-child');
    expect(await names.allInnerTexts()).toEqual(['bad-3', 'bad-2', 'bad-1']);
    await page.getByLabel('State').selectOption('failed');
    await page.waitForURL(/func=charge.*state=failed|state=failed.*func=charge/);
    await region('Workflows').getByText('card declined').waitFor();
    expect(await region('Steps').count()).toBe(0);
  });

  test('says that the search for steps failed', async () => {
    const { page } = viewer;
    const isForSteps = (url: URL) => url.pathname === '/admin/promises' && url.searchParams.has('steps');
    await page.route(isForSteps, (route) => route.fulfill({ status: 503, json: { error: 'the store is busy' } }));
    await viewer.open('/ui/promises?func=charge');
    await region('Workflows').getByText('bad-1').waitFor();
    await page.getByRole('region', { name: 'Steps' }).getByText('the store is busy').waitFor();
    await page.unroute(isForSteps);
  });

  test('from the top of a page finds workflows first, then steps', async () => {
    const { page } = viewer;
    await viewer.open('/ui/tasks');
    await page.getByLabel('Search promises by id').fill('order-3');
    await page.keyboard.press('Enter');
    await region('Steps').getByText('order-3:0').waitFor();
    expect(await region('Workflows').locator('td.cell-id').count()).toBe(1);
  });

  test('that finds no id offers to search for a function of that name', async () => {
    const { page } = viewer;
    await viewer.open('/ui/promises?prefix=charge');
    await page.getByRole('link', { name: 'Search for the function charge' }).click();
    await region('Workflows').getByText('bad-1').waitFor();
  });
});

describe('a pending promise', () => {
  const why = () => viewer.page.getByRole('status', { name: 'Why it is pending' });

  test('says on its page why it is pending, and what to do', async () => {
    await viewer.open('/ui/promise?id=order-2');
    await why()
      .getByText(/waits for a worker of group nobody/)
      .waitFor();
    expect(await why().locator('p').allInnerTexts()).toHaveLength(2);
  });

  test('says above its graph what it waits for, with a link to it', async () => {
    await viewer.open('/ui/graph?root=order-3');
    await why().getByRole('link', { name: 'Open order-3:0' }).click();
    await viewer.page.waitForURL(/promise\?id=order-3%3A0/);
    await why().waitFor();
  });

  test('can be settled above the graph of the workflow that waits for it', async () => {
    const { page } = viewer;
    await createWaiting('order-4');
    await viewer.open('/ui/graph?root=order-4');
    // The text names no command, because the button is next to it.
    await why().getByText('Settle it when the answer is known.').waitFor();
    expect(await why().innerText()).not.toContain('resonate ');
    await why().getByRole('button', { name: 'Resolve…' }).click();
    await page.getByRole('dialog').getByText('order-4:0').waitFor();
    await page.getByRole('button', { name: 'Resolve the promise' }).click();
    await why()
      .getByText(/waits for a worker of group nobody/)
      .waitFor();
  });
});

describe('a selection in a list', () => {
  const row = (text: string) => viewer.page.getByRole('row').filter({ hasText: text });
  const dialogButton = (name: string) => viewer.page.getByRole('dialog').getByRole('button', { name, exact: true });

  test('cancels the selected promises after a dialog that says how many they are', async () => {
    const { page } = viewer;
    for (const id of ['many-1', 'many-2', 'many-3']) await ask('promise.create', { id, timeoutAt: FAR_FUTURE });
    await ask('promise.settle', { id: 'many-2', state: 'resolved' });
    await viewer.open('/ui/promises?prefix=many');
    await row('many-3').waitFor();
    expect(await page.getByLabel('Select many-2').isDisabled()).toBe(true);
    await page.getByLabel('Select many-1').check();
    const bar = page.getByRole('region', { name: 'Selection' });
    await bar.getByText('1 selected').waitFor();
    await page.getByLabel('Select all rows').check();
    await bar.getByRole('button', { name: 'Cancel 2…' }).click();
    expect(await page.getByRole('dialog').getByRole('listitem').allInnerTexts()).toEqual(['many-3', 'many-1']);
    await dialogButton('Cancel 2 workflows').click();
    await page.getByText('Canceled: 2 workflows').waitFor();
    await row('many-1').getByText('Canceled').waitFor();
    await row('many-3').getByText('Canceled').waitFor();
    await bar.waitFor({ state: 'detached' });
    expect(await row('many-2').innerText()).toContain('Resolved');
  });

  test('releases the selected tasks, and tries only those again that failed', async () => {
    const { page } = viewer;
    for (const id of ['held-1', 'held-2']) {
      const data = { id, timeoutAt: FAR_FUTURE, tags: { 'resonate:target': 'poll://any@nobody' } };
      await ask('task.create', { pid: 'worker', ttl: 600_000, action: { kind: 'promise.create', head: {}, data } });
    }
    await viewer.open('/ui/tasks?prefix=held');
    await page.getByLabel('Select all rows').check();
    await page.getByRole('button', { name: 'Release 2…' }).click();
    // Another client releases this task first.
    await ask('task.release', { id: 'held-1', version: 1 });
    await dialogButton('Release 2 tasks').click();
    await page.getByRole('alert').getByText('1 of 2 failed. The first, held-1').waitFor();
    await dialogButton('Release').waitFor();
    await page.keyboard.press('Escape');
    await row('held-2').getByText('Waiting').waitFor();
  });
});

/** Widths in px. Colours do not depend on the width. */
const AXE_AT = { light: [390], dark: [1280] };
const WIDTHS = { light: [1920, 1280, 768, 390], dark: [1280] };

describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
  const PAGES = [
    '/ui',
    '/ui/promises?state=failed',
    '/ui/promises?func=charge',
    '/ui/promise?id=order-2',
    '/ui/graph?root=order-3',
  ];

  test('axe finds nothing serious, and no page scrolls sideways from 390 to 1920 px', async () => {
    const found: string[] = [];
    const reader = await browser.viewer({ colorScheme, viewport: { width: 1920, height: 900 } });
    for (const path of PAGES) {
      await reader.open(path);
      for (const width of WIDTHS[colorScheme]) {
        await reader.page.setViewportSize({ width, height: 900 });
        if (AXE_AT[colorScheme].includes(width))
          found.push(...(await reader.violations()).map((one) => `${path} at ${width} px: ${one}`));
        const over = await reader.page.evaluate<number>(
          'document.querySelector("main").scrollWidth - document.querySelector("main").clientWidth',
        );
        if (over > 0) found.push(`${path}: ${over} px too wide at ${width} px`);
      }
    }
    await reader.close();
    expect(found).toEqual([]);
  });
});

/** Forms, dialogs and a selection, which are opened before axe checks the page. */
const OPENINGS: readonly [path: string, open: (page: Viewer['page']) => Promise<void>][] = [
  ['/ui', (page) => page.getByRole('button', { name: 'Start a workflow' }).click()],
  ['/ui/graph?root=order-2', (page) => page.getByRole('button', { name: 'Run again…' }).click()],
  ['/ui/promise?id=order-2', (page) => page.getByRole('button', { name: 'Reject…' }).click()],
  ['/ui/promise?id=order-2', (page) => page.getByRole('button', { name: 'Halt…' }).click()],
  ['/ui/promises', (page) => page.getByLabel('Select order-2').check()],
  ['/ui/schedules', (page) => page.getByRole('button', { name: 'Edit nightly' }).click()],
  ['/ui/schedules', (page) => page.getByRole('button', { name: 'Delete nightly' }).click()],
];

test('axe finds nothing serious in forms, dialogs and selections: dark at 390 px, light at 1920 px', async () => {
  await ask('schedule.create', { id: 'nightly', cron: '30 2 * * *', promiseId: 'n.{{.timestamp}}', promiseTimeout: 1 });
  const reader = await browser.viewer();
  for (const [path, open] of OPENINGS) {
    await reader.open(path);
    await open(reader.page);
    await reader.page.locator('dialog, .selection-bar').waitFor();
    for (const [width, colorScheme] of [
      [390, 'dark'],
      [1920, 'light'],
    ] as const) {
      await reader.page.setViewportSize({ width, height: 900 });
      await reader.page.emulateMedia({ colorScheme });
      expect([path, width, await reader.violations('dialog, .selection-bar')]).toEqual([path, width, []]);
      const over = await reader.page.evaluate<number>(
        `Math.max(...[...document.querySelectorAll('main, dialog')].map((one) => one.scrollWidth - one.clientWidth))`,
      );
      expect([path, width, over]).toEqual([path, width, 0]);
      const small = await reader.page.evaluate<number>(
        `[...document.querySelectorAll('td input')].filter((one) => one.getBoundingClientRect().width < 16).length`,
      );
      expect([path, width, small]).toEqual([path, width, 0]);
    }
  }
  await reader.close();
});

test('no script has failed', () => {
  expect(viewer.faults).toEqual([]);
});
