import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { FAR_FUTURE } from '../http/state.ts';
import { freePort } from '../processes/free-port.ts';
import { HttpClient } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';
import { TestBrowser, type Viewer } from './browser.ts';
import { buildUi } from '../../scripts/build-ui.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(120_000);

let server: ServerProcess;
let browser: TestBrowser;
let viewer: Viewer;
let hookPort: number;

beforeAll(async () => {
  buildUi();
  const args = ['--messages-max-attempts', '1', '--messages-circuit-failures', '10000'];
  server = await ServerProcess.start({ command: 'dev', args });
  // No server listens on this port yet.
  hookPort = await freePort();
  const client = new HttpClient(server.url);
  for (const id of ['news-1', 'news-2']) {
    await client.rpc('promise.create', { id, timeoutAt: FAR_FUTURE });
    const address = `http://127.0.0.1:${hookPort}/${id}`;
    await client.rpc('promise.register_listener', { awaited: id, address });
    await client.rpc('promise.settle', { id, state: 'resolved', value: {} });
  }
  client.close();
  browser = await TestBrowser.launch(server.url);
  viewer = await browser.viewer();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await server?.dispose();
});

const dialog = () => viewer.page.getByRole('dialog');
const button = (name: string) => viewer.page.getByRole('button', { name, exact: true });

/** Opens the list and waits until it has both letters. */
async function openLetters(query = ''): Promise<void> {
  await viewer.open(`/ui/dead-letters${query}`);
  for (const id of ['news-1', 'news-2']) await viewer.page.getByRole('row').filter({ hasText: id }).waitFor();
}

test('there is no button for all dead letters if the list shows those of one transport', async () => {
  await openLetters();
  await button('Drop all').waitFor();
  await openLetters('?transport=http');
  await button('Show all targets, not only http').waitFor();
  expect(await button('Drop all').count()).toBe(0);
  await viewer.page.getByLabel('Select the dead letter of news-1').check();
  await button('Drop 1 selected').waitFor();
});

test('a dialog stays open while its action runs, and shows its failure', async () => {
  const { page } = viewer;
  await openLetters();
  let fail = () => {};
  const isHeld = new Promise<void>((resolve) => (fail = resolve));
  await page.route('**/admin/dead-letters/drop', async (route) => {
    await isHeld;
    await route.fulfill({ status: 500, json: { error: 'the disk is full' } });
  });
  await button('Drop all').click();
  const sent = page.waitForRequest('**/admin/dead-letters/drop');
  await dialog().getByRole('button', { name: 'Drop', exact: true }).click();
  await sent;
  for (const name of ['Cancel', 'Close']) {
    expect(await dialog().getByRole('button', { name, exact: true }).isDisabled()).toBe(true);
  }
  for (let count = 0; count < 3; count++) await page.keyboard.press('Escape');
  fail();
  await dialog().getByText('the disk is full').waitFor();
  await page.keyboard.press('Escape');
  await dialog().waitFor({ state: 'detached' });
  await page.unroute('**/admin/dead-letters/drop');
});

test('if the reader leaves the page while an action runs, the next page shows that it failed', async () => {
  const { page } = viewer;
  await viewer.open('/ui/tasks');
  await page.getByRole('link', { name: 'Dead letters' }).first().click();
  await button('Drop all').waitFor();
  let fail = () => {};
  const isHeld = new Promise<void>((resolve) => (fail = resolve));
  await page.route('**/admin/dead-letters/drop', async (route) => {
    await isHeld;
    await route.fulfill({ status: 500, json: { error: 'the disk is full' } });
  });
  await button('Drop all').click();
  const sent = page.waitForRequest('**/admin/dead-letters/drop');
  await dialog().getByRole('button', { name: 'Drop', exact: true }).click();
  await sent;
  await page.goBack();
  await page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor();
  fail();
  await page.getByText('Drop: the disk is full').waitFor();
  await page.unroute('**/admin/dead-letters/drop');
});

test('a job of the server sends all dead letters again, and the page shows when it is done', async () => {
  const { page } = viewer;
  await openLetters();
  const posts: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') posts.push(new URL(request.url()).pathname);
  });
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
    await button('Send all again').click();
    await dialog().getByRole('button', { name: 'Send again', exact: true }).click();
    await page.getByText('2 dead letters will be sent again').waitFor();
    await arrived;
    await page.getByText('No dead letters').waitFor();
    expect(await page.getByText('The server is sending').count()).toBe(0);
    expect(posts).toEqual(['/admin/jobs/redrive']);
    expect(viewer.faults).toEqual([]);
  } finally {
    hook.closeAllConnections();
    hook.close();
  }
});
