import { debugSnap, retryAt, type Command } from '@resonate/machine';
import type { Reply, Request } from '@resonate/protocol';
import type { Dialect } from './dialect.ts';
import { fireCommand } from './timers.ts';

/** What the debug operations need of the store. */
export interface DebugContext {
  dialect: Dialect;
  retryTimeoutMs: number;
  serverUrl: string;
  submit(command: Command, debugNow: number | null): Promise<Reply>;
  setPaused(paused: boolean): Promise<void>;
}

type DebugRequest = Extract<Request, { kind: `debug.${string}` }>;

/** The debug operations (protocol section 5), which look at the whole database. */
export async function runDebug(request: DebugRequest, debugNow: number | null, context: DebugContext): Promise<Reply> {
  switch (request.kind) {
    case 'debug.start':
      await context.setPaused(true);
      return { status: 200, data: {} };
    case 'debug.stop':
      await context.setPaused(false);
      return { status: 200, data: {} };
    case 'debug.reset':
      await context.dialect.reset();
      return { status: 200, data: {} };
    case 'debug.snap': {
      const now = debugNow ?? (await context.dialect.now());
      return debugSnap(
        await context.dialect.dump(),
        { now, retryTimeoutMs: context.retryTimeoutMs },
        context.serverUrl,
      );
    }
    case 'debug.tick':
      await tick(request.data.time, context);
      return { status: 200, data: [] };
  }
}

/** One pass of everything that is due at `time`: leases and retries, one occurrence per schedule, promise timeouts. */
async function tick(time: number, context: DebugContext): Promise<void> {
  const rows = await context.dialect.dump();
  const leases = rows.tasks.filter((task) => task.state === 'acquired' && isDue(task.dueAt, time));
  const retries = rows.tasks.filter((task) => isDue(retryAt(task, context.retryTimeoutMs), time));
  const schedules = rows.schedules.filter((schedule) => isDue(schedule.nextRunAt, time));
  await run(
    leases.map(({ id }) => ({ kind: 'timer.lease', data: { id } })),
    time,
    context,
  );
  await run(
    retries.map(({ id }) => ({ kind: 'timer.retry', data: { id } })),
    time,
    context,
  );
  await run(schedules.map(fireCommand), time, context);
  // Read anew: what a schedule just made may be over already.
  const { promises } = await context.dialect.dump();
  const expired = promises.filter((promise) => promise.state === 'pending' && isDue(promise.timeoutAt, time));
  await run(
    expired.map(({ id }) => ({ kind: 'timer.promise', data: { id } })),
    time,
    context,
  );
}

function isDue(at: number | null, time: number): boolean {
  return at !== null && at <= time;
}

async function run(commands: Command[], time: number, { submit }: DebugContext): Promise<void> {
  for (const command of commands) await submit(command, time);
}
