import { runProcess } from '@resonate/runtime';
import { createScheduler } from './start.ts';

await runProcess({ command: 'scheduler', role: 'scheduler', services: (runtime) => [createScheduler(runtime)] });
