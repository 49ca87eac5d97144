import { runProcess } from '@resonate/process';
import { createDispatcher } from './start.ts';

await runProcess({ command: 'dispatcher', role: 'dispatcher', services: (runtime) => [createDispatcher(runtime)] });
