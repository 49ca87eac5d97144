import { createApi } from '@resonate/api';
import { createDispatcher } from '@resonate/dispatcher';
import { runProcess } from '@resonate/runtime';
import { createScheduler } from '@resonate/scheduler';

/** All roles in one process. The api comes last: when it answers, everything behind it runs. */
export function runServer(command: string, flags: Readonly<Record<string, unknown>>): Promise<void> {
  return runProcess({
    command,
    role: 'all',
    flags,
    services: (runtime) => [createScheduler(runtime), createDispatcher(runtime), createApi(runtime)],
  });
}
