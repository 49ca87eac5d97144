import { INVOCATIONS, REQUESTS } from '../load/scenarios/index.ts';
import { WORKFLOW_WORKS } from '../peers/workflows/names.ts';

/** Works with timers: the number of timers, and the time between their expiries. */
export const TIMER_WORKS = [
  { name: '10k timers', count: 10_000, everyMs: 0 },
  { name: '100k timers', count: 100_000, everyMs: 0 },
  { name: 'single timers', count: 100, everyMs: 50 },
] as const;

/** In the order of the table. */
export const PART_NAMES = [
  'requests',
  'invocations',
  'timers',
  'old promises',
  'SDK workflows',
  'hanging target',
  'retention',
] as const;

export type PartName = (typeof PART_NAMES)[number];

export const WORK_NAMES: readonly string[] = [
  ...[...REQUESTS, ...INVOCATIONS, ...TIMER_WORKS].map(({ name }) => name),
  ...WORKFLOW_WORKS,
];
