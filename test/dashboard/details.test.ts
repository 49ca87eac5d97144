import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Locator } from 'playwright-core';
import { loneSamples, timeRange } from '../../apps/dashboard/src/cluster/samples.ts';
import { FAR_FUTURE } from '../http/state.ts';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { PHONE, TestBrowser, type Viewer } from './browser.ts';
import { buildUi } from '../../scripts/build-ui.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(120_000);

const START = Date.UTC(2026, 10, 22, 14);
const LARGE = { width: 1440, height: 900 };

let server: ServerProcess;
let client: HttpClient;
let browser: TestBrowser;
let viewer: Viewer;

/** Sends a request with a given time, so that durations are exact. @param at epoch ms */
async function ask(kind: string, data: unknown, at: number): Promise<void> {
  const { status } = await client.rpc(kind, data, at);
  expect(status).toBe(200);
}

/** A workflow with a step that took 1.8 s. */
async function createWorkflow(): Promise<void> {
  const call = (func: string) => ({ headers: {}, data: btoa(JSON.stringify({ func, args: [], version: 1 })) });
  const timeoutAt = FAR_FUTURE;
  await ask('promise.create', { id: 'order-1', timeoutAt, param: call('order') }, START);
  const tags = { 'resonate:origin': 'order-1', 'resonate:parent': 'order-1', 'resonate:branch': 'order-1' };
  await ask('promise.create', { id: 'order-1:0', timeoutAt, param: call('charge'), tags }, START + 100);
  await ask('promise.settle', { id: 'order-1:0', state: 'resolved' }, START + 1_900);
  const error = { __type: 'error', name: 'Error', message: 'no such address' };
  const value = { headers: {}, data: btoa(JSON.stringify(error)) };
  await ask('promise.settle', { id: 'order-1', state: 'rejected', value }, START + 2_000);
}

beforeAll(async () => {
  buildUi();
  server = await ServerProcess.start({ command: 'dev', args: ['--debug'] });
  client = new HttpClient(server.url);
  browser = await TestBrowser.launch(server.url);
  viewer = await browser.viewer({ viewport: LARGE });
  await createWorkflow();
});

afterAll(async () => {
  client?.close();
  await browser?.close();
  await server?.stop();
  await server?.dispose();
});

async function box(locator: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const found = await locator.boundingBox();
  if (!found) throw new Error('not visible');
  return found;
}

describe('a call graph', () => {
  test('boxes show durations with fractions of seconds', async () => {
    await viewer.open('/ui/graph?root=order-1&view=boxes');
    await viewer.page.getByText('Resolved · run · 1.8 s').waitFor();
  });

  test('a failed workflow shows its error above the graph', async () => {
    await viewer.open('/ui/graph?root=order-1');
    const why = viewer.page.getByRole('status', { name: 'Why it failed' });
    await why.getByText(/^It failed at .*: no such address/).waitFor();
    await why.getByText('then call it again under a new id').waitFor();
    expect(await viewer.violations('.why')).toEqual([]);
  });

  test('the page of a failed promise shows the value above the param', async () => {
    await viewer.open('/ui/promise?id=order-1');
    const cards = viewer.page.locator('.pd-main h2');
    await cards.first().waitFor();
    expect(await cards.allInnerTexts()).toEqual(['Value', 'Param']);
    await viewer.page.getByRole('status', { name: 'Why it failed' }).waitFor();
  });

  test('a short waterfall has a short panel, with a legend of its bars', async () => {
    await viewer.open('/ui/graph?root=order-1');
    const legend = viewer.page.getByRole('list', { name: 'Legend' });
    await legend.getByText('Waiting for a worker').waitFor();
    expect((await box(viewer.page.locator('.graph-panel'))).height).toBeLessThan(300);
    const tree = await box(viewer.page.getByRole('tree'));
    const below = (await box(legend)).y - (tree.y + tree.height);
    expect(Math.abs(below)).toBeLessThanOrEqual(2);
  });

  test.each([LARGE, PHONE])('labels of the time axis do not overlap at $width px', async (viewport) => {
    const reader = await browser.viewer({ viewport });
    await reader.open('/ui/graph?root=order-1');
    await reader.page.locator('.wf-tick').first().waitFor();
    for (let zooms = 0; zooms < 4; zooms++) {
      const overlaps = await reader.page.evaluate(`(() => {
        const axis = document.querySelector('.wf-axis').getBoundingClientRect();
        const ticks = [...document.querySelectorAll('.wf-tick')].filter((tick) => tick.textContent !== '');
        const boxes = ticks.map((tick) => tick.getBoundingClientRect());
        return boxes.filter((one, n) => one.right > axis.right || (n > 0 && one.left < boxes[n - 1].right)).length;
      })()`);
      expect(overlaps).toBe(0);
      await reader.page.getByRole('button', { name: 'Zoom in' }).click();
    }
    await reader.close();
  });
});

describe('lists and dialogs', () => {
  test('the name of a workflow is part of the link to it', async () => {
    await viewer.open('/ui/promises');
    await viewer.page.locator('.function-name').getByText('order', { exact: true }).click();
    await viewer.page.waitForURL(/\/ui\/promise\?id=order-1/);
  });

  test('a dialog to settle a promise keeps what was typed while somebody else settles it', async () => {
    const { page } = viewer;
    await ask('promise.create', { id: 'typed', timeoutAt: FAR_FUTURE }, START);
    await viewer.open('/ui/promise?id=typed');
    await page.getByRole('button', { name: 'Resolve…' }).click();
    const editor = page.getByLabel('Value, as JSON');
    await editor.fill('{"approved": true}');
    await ask('promise.settle', { id: 'typed', state: 'rejected' }, START + 1_000);
    // The page behind the dialog shows the news.
    await page.locator('.pd-main h2', { hasText: 'Value' }).first().waitFor();
    await page.getByRole('button', { name: 'Reject…', includeHidden: true }).waitFor({ state: 'detached' });
    expect(await editor.inputValue()).toBe('{"approved": true}');
    await page.getByRole('button', { name: 'Resolve the promise' }).click();
    await page.getByRole('alert').getByText('It is already settled: Rejected').waitFor();
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  });

  test('keys after a search are shortcuts again', async () => {
    const { page } = viewer;
    await viewer.open('/ui/tasks');
    await page.keyboard.press('/');
    await page.keyboard.type('order');
    await page.keyboard.press('Enter');
    await page.waitForURL(/prefix=order/);
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await page.getByRole('heading', { name: 'Schedules', level: 1 }).waitFor();
  });

  test('the fields of a new schedule are aligned', async () => {
    const { page } = viewer;
    await viewer.open('/ui/schedules');
    await page.getByRole('button', { name: 'New schedule' }).click();
    // The dialog grows and therefore moves when the next runs are shown.
    await page.getByRole('dialog').locator('ol li').first().waitFor();
    const rows = [
      ['Id', 'Time zone'],
      ['Cron expression', 'If the last run is still pending'],
      ['Function', 'Arguments'],
      ['Target', 'Timeout of each run (minutes)'],
    ] as const;
    for (const [left, right] of rows) {
      const exact = left === 'Id';
      expect((await box(page.getByLabel(left, { exact }))).y).toBe((await box(page.getByLabel(right))).y);
    }
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  test.each([LARGE, PHONE])('a toast does not cover any part of the page at $width px', async (viewport) => {
    const reader = await browser.viewer({ viewport });
    const id = `approval-${viewport.width}`;
    await ask('promise.create', { id, timeoutAt: FAR_FUTURE }, Date.now());
    await reader.open(`/ui/promise?id=${id}`);
    await reader.page.getByRole('button', { name: 'Resolve…' }).click();
    await reader.page.getByRole('button', { name: 'Resolve the promise' }).click();
    const toast = await box(reader.page.locator('.toast'));
    const main = await box(reader.page.locator('main'));
    expect(toast.y).toBeGreaterThanOrEqual(main.y + main.height);
    await reader.close();
  });

  test('exact times have a zone', async () => {
    await viewer.open('/ui/promises');
    const time = viewer.page.locator('td time').first();
    expect(await time.getAttribute('title')).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [+-]\d\d:\d\d$/);
  });
});

describe('the cluster', () => {
  test('counts one event stream in the singular', async () => {
    const ended = new AbortController();
    const stream = await fetch(`${server.url}/poll/readers/one`, { signal: ended.signal });
    expect(stream.status).toBe(200);
    await viewer.open('/ui/cluster');
    await viewer.page.getByText('1 event stream', { exact: true }).waitFor();
    ended.abort();
  });

  test('without samples the charts end now, not in 1969', () => {
    expect(timeRange(null, 1_800_000_000)).toEqual([1_800_000_000 - 900, 1_800_000_000]);
    expect(timeRange(1_790_000_000, 1_800_000_000)).toEqual([1_790_000_000 - 900, 1_790_000_000]);
  });

  test('a sample between gaps is drawn as a point', () => {
    expect(loneSamples([1, null, 0, null, null, 3, 4, null, undefined, 5])).toEqual([0, 2, 9]);
    expect(loneSamples([])).toEqual([]);
  });

  test('says that the server is down', async () => {
    const other = await ServerProcess.start({ command: 'dev' });
    const reader = await browser.viewer();
    await reader.page.goto(`${other.url}/ui`);
    await reader.page.locator('.live').getByText('Live').waitFor();
    await other.stop();
    await other.dispose();
    await reader.page.locator('.live').getByText('Offline').waitFor();
    await reader.close();
  });
});
