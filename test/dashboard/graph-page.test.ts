import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Resonate, type Context } from '@resonatehq/sdk';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { PHONE, TestBrowser, type Viewer } from './browser.ts';
import { buildUi } from '../../scripts/build-ui.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(120_000);

const MARKUP = '<img src=x onerror="alert(1)">';

let server: ServerProcess;
let resonate: Resonate;
let browser: TestBrowser;
let viewer: Viewer;
let finishStep = () => {};

/** A local step that ends when the test calls `finishStep`, then a promise for a person, then a remote call. */
function* signOff(context: Context, title: string) {
  yield* context.run(prepare, title);
  const answer: unknown = yield* yield* context.promise({ timeout: 3_600_000 });
  return { title, answer };
}

function prepare(_: Context, title: string): Promise<string> {
  return new Promise((resolve) => (finishStep = () => resolve(title)));
}

/** Creates a root with 1,000 calls of `leaf`, two of them resolved. No worker is used, because that would take long. */
async function createFan(): Promise<void> {
  const client = new HttpClient(server.url, 8);
  const timeoutAt = Date.now() + 3_600_000;
  const create = (id: string, func: string) => {
    const tags = { 'resonate:origin': 'fan-1', 'resonate:parent': 'fan-1', 'resonate:branch': id };
    const param = { headers: {}, data: btoa(JSON.stringify({ func, args: [], version: 1 })) };
    return client.rpc('promise.create', { id, timeoutAt, param, tags });
  };
  await create('fan-1', 'fan');
  await Promise.all(Array.from({ length: 1_000 }, (_, n) => create(`fan-1:${n}`, 'leaf')));
  for (const id of ['fan-1:7', 'fan-1:8']) await client.rpc('promise.settle', { id, state: 'resolved' });
  client.close();
}

beforeAll(async () => {
  buildUi();
  server = await ServerProcess.start({ command: 'dev' });
  resonate = new Resonate({ url: server.url, group: 'default' });
  resonate.register('signOff', signOff as never);
  browser = await TestBrowser.launch(server.url);
  viewer = await browser.viewer();
});

afterAll(async () => {
  await browser?.close();
  await resonate?.stop();
  await server?.stop();
  await server?.dispose();
});

const item = (name: string | RegExp) => viewer.page.getByRole('treeitem', { name });
const dialog = () => viewer.page.getByRole('dialog');

describe('the call graph and a promise in the browser', () => {
  test('a graph grows while its workflow runs, and a person completes the workflow from the page', async () => {
    const { page } = viewer;
    const handle = await resonate.beginRpc('sign-off-1', 'signOff', MARKUP);
    await viewer.open('/ui/graph?root=sign-off-1');
    await item(/signOff/).waitFor();
    await item(/prepare/).waitFor();
    expect(await item(/sign-off-1:1|promise/).count()).toBe(0);
    finishStep();
    // The promise for the person appears without a reload.
    const human = page.locator('[data-id="sign-off-1:1"]');
    await human.waitFor();
    await human.click();
    const side = page.getByRole('complementary', { name: 'Promise' });
    await side.getByRole('button', { name: 'Resolve…' }).click();
    const editor = dialog().getByLabel('Value, as JSON');
    await editor.fill('{approved');
    expect(await dialog().getByRole('button', { name: 'Resolve the promise' }).isDisabled()).toBe(true);
    await editor.fill('{"approved": true, "by": "Zoë"}');
    await dialog().getByRole('button', { name: 'Resolve the promise' }).click();
    expect(await handle.result()).toEqual({ title: MARKUP, answer: { approved: true, by: 'Zoë' } });
    await item(/signOff.*Resolved|Resolved.*signOff/).waitFor();
    expect(viewer.faults).toEqual([]);
  });

  test('keys move the selection, fold a branch and open a promise', async () => {
    const { page } = viewer;
    await viewer.open('/ui/graph?root=sign-off-1');
    await item(/prepare/).waitFor();
    await page.getByRole('tree').focus();
    await page.keyboard.press('ArrowLeft');
    await item(/prepare/).waitFor({ state: 'detached' });
    await page.keyboard.press('ArrowRight');
    await item(/prepare/).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Promise' }).getByText('sign-off-1:0').first().waitFor();
    expect(new URL(page.url()).searchParams.get('id')).toBe('sign-off-1:0');
    await page.keyboard.press('Escape');
    await page.getByRole('complementary').waitFor({ state: 'detached' });
  });

  test('a task is halted on the page of its promise and continued above its graph, and its arguments are shown as text', async () => {
    const { page } = viewer;
    await resonate.beginRpc('nobody-1', 'unknown', MARKUP, resonate.options({ target: 'poll://any@nobody' }));
    await viewer.open('/ui/promise?id=nobody-1');
    await page.getByLabel('Param', { exact: true }).getByText(MARKUP.slice(0, 10)).waitFor();
    await page.getByRole('button', { name: 'Halt…' }).click();
    await dialog().getByRole('button', { name: 'Halt', exact: true }).click();
    const why = page.getByRole('status', { name: 'Why it is pending' });
    await why.getByRole('button', { name: 'Continue…' }).waitFor();
    await viewer.open('/ui/graph?root=nobody-1');
    await why.getByRole('button', { name: 'Continue…' }).click();
    await dialog().getByRole('button', { name: 'Continue', exact: true }).click();
    // This box has no button to deliver a message that has no receiver. The page of the promise has one.
    await why.getByText('Start a worker of group nobody').waitFor();
    expect(await why.getByRole('button').count()).toBe(0);
    await viewer.open('/ui/promise?id=nobody-1');
    await page.getByRole('button', { name: 'Deliver now…' }).click();
    await dialog().getByRole('button', { name: 'Deliver now', exact: true }).click();
    await page.getByText('Message is due').waitFor();
    await page.getByRole('button', { name: 'Cancel…' }).click();
    await dialog().getByRole('button', { name: 'Cancel the promise' }).click();
    await page.locator('main').getByText('Canceled').first().waitFor();
    expect(viewer.faults).toEqual([]);
  });

  test('of a fan-out of 1,000 only the visible lines are drawn; as boxes it is one stack', async () => {
    const { page } = viewer;
    await createFan();
    await viewer.open('/ui/graph?root=fan-1');
    await page.getByRole('button', { name: 'All 1,001' }).waitFor();
    expect(await page.getByRole('treeitem').count()).toBeLessThan(60);
    await page.getByRole('tree').focus();
    await page.keyboard.press('End');
    await page.getByRole('treeitem').nth(15).waitFor();
    expect(await page.getByRole('treeitem', { level: 1 }).count()).toBe(0);
    await page.getByRole('status', { name: 'Why it is pending' }).waitFor();
    await page.getByRole('button', { name: 'Graph', exact: true }).click();
    await item('1000 calls of leaf: 998 pending, 2 resolved').click();
    await page.getByRole('complementary', { name: 'Calls of leaf' }).getByText('fan-1:7', { exact: true }).click();
    await page.getByRole('complementary', { name: 'Promise' }).waitFor();
  });

  test.each([
    ['light', '/ui/graph?root=sign-off-1&id=sign-off-1:0'],
    ['dark', '/ui/graph?root=fan-1&view=boxes'],
    ['dark', '/ui/promise?id=sign-off-1'],
    ['light', '/ui/promise?id=nobody-1'],
  ] as const)('nothing stands in the way of assistive technology: %s %s', async (colorScheme, path) => {
    for (const viewport of [undefined, PHONE]) {
      const other = await browser.viewer({ colorScheme, ...(viewport && { viewport }) });
      await other.open(path);
      await other.page.locator('[role=treeitem], .pd').first().waitFor();
      expect(await other.violations()).toEqual([]);
      expect(other.faults).toEqual([]);
      await other.close();
    }
  });
});
