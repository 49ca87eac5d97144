/**
 * `npm run bench:graph`: measures how fast a call graph of 2,000 promises is drawn, and how smoothly it scrolls. Needs
 * a built dashboard (`npm run build:ui`) and Debian's Chromium.
 */
import type { Page } from 'playwright-core';
import { HttpClient } from '../../test/processes/http-client.ts';
import { ServerProcess } from '../../test/processes/server-process.ts';
import { TestBrowser } from '../../test/dashboard/browser.ts';

const NODES = 2_000;
const SCROLL_MS = 3_000;
/** The speed of a fast mouse wheel: 130 lines per second. */
const WHEEL_PX_PER_MS = 4;

const server = await ServerProcess.start({ command: 'dev' });
const browser = await TestBrowser.launch(server.url);
try {
  await create();
  const { page } = await browser.viewer();
  // The first round only makes the browser compile and cache the scripts.
  for (const label of ['first view', 'drawn again']) {
    await page.goto('/ui/promises');
    await page.locator('main h1').waitFor();
    // Measures from the navigation until the whole graph is loaded and its lines are on the screen.
    const drawnMs = await page.evaluate<number>(`new Promise((resolve) => {
      const start = performance.now();
      history.pushState(null, '', '/ui/graph?root=bench');
      dispatchEvent(new PopStateEvent('popstate'));
      const look = () => {
        const isWhole = document.querySelector('.seg-all')?.textContent?.includes('2,000');
        if (isWhole && document.querySelectorAll('[role=treeitem]').length > 10) resolve(performance.now() - start);
        else requestAnimationFrame(look);
      };
      look();
    })`);
    console.log(`${label}: ${NODES} promises after ${drawnMs.toFixed(0)} ms`);
  }
  await page.getByRole('button', { name: 'Expand', exact: true }).click();
  print('scrolling by wheel', await scroll(page, `${WHEEL_PX_PER_MS}`));
  print(
    'from top to bottom within 3 s',
    await scroll(page, `(scroller.scrollHeight - scroller.clientHeight) / ${SCROLL_MS}`),
  );
} finally {
  await browser.close();
  await server.stop();
  await server.dispose();
}

/** @param pxPerMs an expression over `scroller`. @returns how long each frame took, ms. */
async function scroll(page: Page, pxPerMs: string): Promise<number[]> {
  const frames = await page.evaluate<number[]>(`new Promise((resolve) => {
    const scroller = document.querySelector('.wf');
    const speed = ${pxPerMs};
    const frames = [];
    const start = performance.now();
    let before = start;
    const step = (now) => {
      frames.push(now - before);
      before = now;
      scroller.scrollTop = speed * (now - start);
      if (now - start < ${SCROLL_MS}) requestAnimationFrame(step);
      else resolve(frames.slice(1));
    };
    requestAnimationFrame(step);
  })`);
  return frames.sort((a, b) => a - b);
}

function print(what: string, frames: readonly number[]): void {
  const total = frames.reduce((sum, ms) => sum + ms, 0);
  const p99 = frames[Math.floor(frames.length * 0.99)]!;
  console.log(`${what}: ${((frames.length * 1_000) / total).toFixed(1)} frames/s, p99 ${p99.toFixed(1)} ms`);
}

/** A root with 40 calls that have 48 local steps each, and a few more. */
async function create(): Promise<void> {
  const client = new HttpClient(server.url);
  const timeoutAt = Date.now() + 3_600_000;
  for (let n = 0; n < NODES; n++) {
    const parent = n <= 40 ? 'bench' : `bench:${1 + (n % 40)}`;
    const id = n === 0 ? 'bench' : `bench:${n}`;
    const param = { headers: {}, data: btoa(JSON.stringify({ func: `step${n % 7}`, args: [n], version: 1 })) };
    const tags = { 'resonate:origin': 'bench', 'resonate:parent': parent, 'resonate:branch': n <= 40 ? id : parent };
    await client.rpc('promise.create', { id, timeoutAt, param, tags });
    if (n % 3 === 1) await client.rpc('promise.settle', { id, state: 'resolved', value: {} });
  }
}
