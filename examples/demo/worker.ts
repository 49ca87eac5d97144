/**
 * A worker: it registers functions and runs them when the server sends it their tasks. Start as many as you like, on any
 * number of machines. If you stop one with Ctrl-C or kill -9, the others take over its work.
 *
 *   RESONATE_URL=http://localhost:8001 node worker.ts
 */
import { setTimeout as work } from 'node:timers/promises';
import { Resonate, type Context } from '@resonatehq/sdk';

const resonate = new Resonate({ url: process.env['RESONATE_URL'] ?? 'http://localhost:8001', group: 'default' });

/** A workflow: the server records each `yield*`, so after a crash the workflow resumes where it stopped. */
function* order(context: Context, orderId: string, items: string[]) {
  // A local step: it runs here, and the server stores its result.
  const total = yield* context.run(priceUp, items);

  // Remote calls: any worker may run them. All of them run at once.
  const parcels = [];
  for (const item of items) parcels.push(yield* context.beginRpc(pack, item));

  // A durable sleep: no process has to stay alive for it, for seconds or months.
  yield* context.sleep(1_500);

  const packed: string[] = [];
  for (const parcel of parcels) packed.push(yield* parcel);

  const tracking = yield* context.run(ship, orderId, packed);
  return { orderId, total, packed, tracking };
}

async function priceUp(_: Context, items: string[]) {
  await work(300);
  return items.length * 12.5;
}

async function pack(_: Context, item: string) {
  await work(200 + 100 * item.length);
  return `${item} in a box`;
}

async function ship(_: Context, orderId: string, packed: string[]) {
  await work(400);
  return `${orderId}/${packed.length}-parcels`;
}

resonate.register(order);
resonate.register(pack);
