/**
 * `npm run screenshots`: takes the pictures in docs/images again. It starts a server and a worker, runs a few workflows
 * and opens the dashboard in Chromium (`CHROMIUM_PATH` names another one than Debian's).
 */
import { join } from 'node:path';
import { setTimeout as work } from 'node:timers/promises';
import { Never, Resonate, type Context } from '@resonatehq/sdk';
import { TestBrowser, type ViewerOptions } from '../test/dashboard/browser.ts';
import { ServerProcess } from '../test/processes/server-process.ts';
import { buildUi } from './build-ui.ts';

const IMAGES = join(import.meta.dirname, '../docs/images');
const SIZE = { width: 1280, height: 800 };
const HOUR_MS = 3_600_000;
const ITEMS = ['book', 'lamp', 'bicycle'];
/** One of the workflows that succeed; its call graph is shown. */
const SHOWN = 'order-1004';

function* order(context: Context, id: string, card: string) {
  const total = yield* context.run(priceUp);
  const parcels = [];
  for (const item of ITEMS) parcels.push(yield* context.beginRpc(pack, item));
  yield* context.sleep(1_200);
  yield* context.run(charge, card, total, context.options({ retryPolicy: new Never() }));
  const packed: string[] = [];
  for (const parcel of parcels) packed.push(yield* parcel);
  return yield* context.run(ship, id, packed);
}

async function priceUp() {
  await work(300);
  return ITEMS.length * 12.5;
}

async function pack(_: Context, item: string) {
  await work(200 + 100 * item.length);
  return `${item} in a box`;
}

async function charge(_: Context, card: string, total: number) {
  await work(150);
  if (!card.startsWith('4')) throw new Error(`The bank declined card ${card}`);
  return total;
}

async function ship(_: Context, id: string, packed: string[]) {
  await work(350);
  return `${id}/${packed.length}-parcels`;
}

/** Waits for a promise that nobody settles, so that it stays pending. */
function* refund(context: Context) {
  return yield* yield* context.promise({ timeout: HOUR_MS });
}

async function runWorkflows(url: string, resonate: Resonate): Promise<void> {
  const options = resonate.options({ timeout: HOUR_MS });
  resonate.register('order', order as never);
  for (const step of [priceUp, pack, charge, ship]) resonate.register(step.name, step as never);
  resonate.register('refund', refund as never);
  const cards = ['4242', '4100', '3999', '4711', '4012', '3000', '4444'];
  const orders = cards.map((card, n) =>
    resonate.beginRpc(`order-${1_001 + n}`, 'order', `order-${1_001 + n}`, card, options),
  );
  await Promise.allSettled((await Promise.all(orders)).map((handle) => handle.result()));
  await resonate.beginRpc('refund-17', 'refund', options);
  await resonate.beginRpc(
    'report-2026-11',
    'report',
    resonate.options({ target: 'poll://any@reports', timeout: HOUR_MS }),
  );
  console.log(`ran ${cards.length} workflows on ${url}`);
}

async function take(browser: TestBrowser, name: string, path: string, options: ViewerOptions = {}): Promise<void> {
  const viewer = await browser.viewer({ viewport: SIZE, ...options });
  await viewer.open(path);
  await viewer.page.locator('.live-live').waitFor();
  await viewer.page.screenshot({ path: join(IMAGES, `${name}.png`), animations: 'disabled' });
  console.log(`took docs/images/${name}.png`);
  await viewer.close();
}

buildUi();
const server = await ServerProcess.start({ command: 'dev' });
const resonate = new Resonate({ url: server.url, group: 'default' });
const browser = await TestBrowser.launch(server.url);
try {
  await runWorkflows(server.url, resonate);
  await take(browser, 'dashboard-overview', '/ui');
  await take(browser, 'dashboard-promises', '/ui/promises');
  await take(browser, 'dashboard-graph', `/ui/graph?root=${SHOWN}`, { colorScheme: 'dark' });
} finally {
  await browser.close();
  await resonate.stop();
  await server.stop();
  await server.dispose();
}
