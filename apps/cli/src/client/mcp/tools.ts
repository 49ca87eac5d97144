import type { Register } from './tool.ts';
import { DEAD_LETTER_TOOLS } from './tools/dead-letters.ts';
import { invokeTool } from './tools/invoke.ts';
import { promiseCreateTool } from './tools/promise-create.ts';
import { promiseGetTool } from './tools/promise-get.ts';
import { promiseListenTool } from './tools/promise-listen.ts';
import { promiseSearchTool } from './tools/promise-search.ts';
import { promiseSettleTool } from './tools/promise-settle.ts';
import { resonateBashTool } from './tools/resonate-bash.ts';
import { SCHEDULE_TOOLS } from './tools/schedules.ts';
import { TASK_TOOLS } from './tools/tasks.ts';
import { treeTool } from './tools/tree.ts';
import { whyTool } from './tools/why.ts';

/** Every tool of `resonate mcp`. */
export const TOOLS: readonly Register[] = [
  promiseCreateTool,
  promiseGetTool,
  promiseSettleTool,
  promiseSearchTool,
  promiseListenTool,
  invokeTool,
  whyTool,
  treeTool,
  ...TASK_TOOLS,
  ...SCHEDULE_TOOLS,
  ...DEAD_LETTER_TOOLS,
  resonateBashTool,
];
