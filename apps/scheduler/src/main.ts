import { runProcess } from '@resonate/process';
import { createScheduler } from './start.ts';

await runProcess({ command: 'scheduler', role: 'scheduler', services: (runtime) => [createScheduler(runtime)] });
