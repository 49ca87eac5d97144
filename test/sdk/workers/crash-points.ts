/** The points in the life of a step at which a worker may die, in the order in which it passes them. */
export const CRASH_POINTS = [
  'the step begins',
  'the create is sent',
  'the step is done',
  'the settle is sent',
  'the settle is answered',
  'the next step begins',
] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number] | 'the step begins, frozen';
