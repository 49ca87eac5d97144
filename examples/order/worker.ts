/**
 * The worker of docs/tutorial.md: an order that survives crashes and waits for a person, and a report on a schedule.
 *
 *   RESONATE_URL=http://localhost:8001 node worker.ts
 */
import { setTimeout as work } from 'node:timers/promises';
import { Resonate, type Context } from '@resonatehq/sdk';

const DAY_MS = 24 * 3_600_000;

const resonate = new Resonate({
  url: process.env['RESONATE_URL'] ?? 'http://localhost:8001',
  // After a crash another worker may take over when this lease has expired. The default is 60 s.
  ttl: 5_000,
});

/** An order. The server stores the result of each `yield*`, so no step that has completed runs again. */
function* order(context: Context, items: string[], price: number) {
  if (price > 100) {
    // A promise that no worker settles. It waits for a person, for at most 7 days; the default is 24 hours.
    const approval = yield* context.promise<boolean>({ timeout: 7 * DAY_MS });
    yield* context.run(askForApproval, approval.id, price);
    if (!(yield* approval)) return 'declined';
  }
  yield* context.run(charge, price);
  for (const item of items) yield* context.run(pack, item);
  // A call of another function, which any worker of the group may run.
  return yield* context.rpc(ship, items);
}

async function askForApproval(_: Context, approvalId: string, price: number) {
  console.log(`please approve ${price} EUR: ${approvalId}`);
}

async function charge(_: Context, price: number) {
  console.log(`charged ${price} EUR`);
}

async function pack(_: Context, item: string) {
  console.log(`packing ${item} ...`);
  await work(1_000);
}

async function ship(_: Context, items: string[]) {
  return `shipped: ${items.join(', ')}`;
}

/** Runs on a schedule. */
async function report() {
  console.log('the daily report');
  return 'sent';
}

resonate.register(order);
resonate.register(ship);
resonate.register(report);

// Creates the schedule. If it exists already, this does nothing.
await resonate.schedule('daily-report', '0 8 * * MON-FRI', report);
console.log('ready');
