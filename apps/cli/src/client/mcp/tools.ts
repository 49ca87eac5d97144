import type { Register } from './tool.ts';
import { DEAD_LETTER_TOOLS } from './tools/dead-letters.ts';
import { invoke } from './tools/invoke.ts';
import { promiseCreate } from './tools/promise-create.ts';
import { promiseGet } from './tools/promise-get.ts';
import { promiseListen } from './tools/promise-listen.ts';
import { promiseSearch } from './tools/promise-search.ts';
import { promiseSettle } from './tools/promise-settle.ts';
import { resonateBash } from './tools/resonate-bash.ts';
import { SCHEDULE_TOOLS } from './tools/schedules.ts';
import { TASK_TOOLS } from './tools/tasks.ts';
import { tree } from './tools/tree.ts';
import { why } from './tools/why.ts';

/** Every tool of `resonate mcp`. */
export const TOOLS: readonly Register[] = [
  promiseCreate,
  promiseGet,
  promiseSettle,
  promiseSearch,
  promiseListen,
  invoke,
  why,
  tree,
  ...TASK_TOOLS,
  ...SCHEDULE_TOOLS,
  ...DEAD_LETTER_TOOLS,
  resonateBash,
];
