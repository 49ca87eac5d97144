/**
 * `npm run demo` starts a server and a worker, runs one workflow and prints its call graph as it grows.
 */
import { relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Resonate } from '@resonatehq/sdk';
import { ServerProcess } from '../../test/processes/server-process.ts';
import { Spawned } from '../../test/processes/spawned.ts';
import { drawCallGraph, fetchCallGraph } from './call-graph.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
const ORDER = 'order-1001';
const ITEMS = ['book', 'lamp', 'bicycle'];
const FINISHED_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 40;

// Ctrl-C also ends the processes started here.
process.once('SIGINT', () => process.exit(130));

const server = await ServerProcess.start({ preferredPort: 8001 });
console.log(`Server   ${server.url}   resonate serve, SQLite file in ${server.directory}`);
const worker = new Spawned(process.execPath, [WORKER], { RESONATE_URL: server.url });
console.log(`Worker   pid ${worker.pid}   ${relative(process.cwd(), WORKER)}`);
const client = new Resonate({ url: server.url, group: 'demo-client' });

try {
  console.log(`Workflow ${ORDER}   order(${JSON.stringify(ITEMS)})\n`);
  const startedAt = Date.now();
  const handle = await client.beginRpc(ORDER, 'order', ORDER, ITEMS);
  await watch(startedAt);
  const result: unknown = await handle.result();
  console.log(`\nResult after ${Date.now() - startedAt} ms: ${JSON.stringify(result, null, 2)}`);
} finally {
  await client.stop();
  await worker.kill9();
  const code = await server.stop();
  await server.dispose();
  console.log(`\nServer stopped with exit code ${code ?? 'none'}; nothing is left behind.`);
}

/** Prints the call graph after each change until the workflow settles. On a terminal it replaces the previous graph. */
async function watch(startedAt: number): Promise<void> {
  let shown: string[] = [];
  for (;;) {
    const promises = await fetchCallGraph(server.url, ORDER);
    const lines = drawCallGraph(promises, ORDER);
    if (lines.join() !== shown.join()) {
      if (process.stdout.isTTY && shown.length > 0) process.stdout.write(`\x1b[${shown.length}A\x1b[J`);
      if (!process.stdout.isTTY) console.log(`after ${Date.now() - startedAt} ms`);
      console.log(lines.join('\n'));
      shown = lines;
    }
    if (promises.some((promise) => promise.id === ORDER && promise.state !== 'pending')) return;
    if (Date.now() - startedAt > FINISHED_WITHIN_MS) {
      throw new Error(`the workflow did not finish\nserver: ${server.output()}\nworker: ${worker.output()}`);
    }
    await pause(LOOK_EVERY_MS);
  }
}
