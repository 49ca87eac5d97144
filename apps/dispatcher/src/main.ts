import { runProcess } from '@resonate/runtime';
import { createDispatcher } from './start.ts';

await runProcess({ command: 'dispatcher', role: 'dispatcher', services: (runtime) => [createDispatcher(runtime)] });
