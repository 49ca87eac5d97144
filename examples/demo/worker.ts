/**
 * A worker: registers functions and runs them whenever the server hands them over. Start as many as you like, on as
 * many machines as you like; stop one with Ctrl-C or kill -9 and the others take over its work.
 *
 *   RESONATE_URL=http://localhost:8001 node worker.ts
 */
import { setTimeout as work } from 'node:timers/promises';
import { Resonate, type Context } from '@resonatehq/sdk';

const resonate = new Resonate({ url: process.env['RESONATE_URL'] ?? 'http://localhost:8001', group: 'default' });

/** A workflow: each `yield*` is recorded by the server, so after a crash it goes on where it was. */
function* order(context: Context, orderId: string, items: string[]) {
  // A local step: runs here, its result is stored.
  const total = yield* context.run(priceUp, items);

  // Calls that any worker may take; all of them at once.
  const parcels = [];
  for (const item of items) parcels.push(yield* context.beginRpc(pack, item));

  // A durable pause: no process has to stay alive for it. Hours or months work the same.
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
