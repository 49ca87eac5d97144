import { ceiling } from './ceiling.ts';
import { databases } from './databases.ts';
import { memory } from './memory.ts';
import { sqlite } from './sqlite.ts';
import type { Target } from './target.ts';

/** In the order of the table. */
export const TARGETS: readonly Target[] = [ceiling, sqlite, memory, ...databases];
