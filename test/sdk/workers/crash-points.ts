/** Where a worker dies in the life of a step, in the order in which it comes by them. */
export const CRASH_POINTS = [
  'the step begins',
  'the create is sent',
  'the step is done',
  'the settle is sent',
  'the settle is answered',
  'the next step begins',
] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number] | 'the step begins, frozen';
