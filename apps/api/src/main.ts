import { runProcess } from '@resonate/runtime';
import { createApi } from './start.ts';

await runProcess({ command: 'api', role: 'api', services: (runtime) => [createApi(runtime)] });
