import { runProcess } from '@resonate/process';
import { createApi } from './start.ts';

await runProcess({ command: 'api', role: 'api', services: (runtime) => [createApi(runtime)] });
