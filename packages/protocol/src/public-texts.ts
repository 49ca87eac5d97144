/**
 * Texts of the public server's errors, as recorded. Our own error message may begin with one of them and add a reason.
 * It is then sent without "Invalid request: " before it.
 */
export const PUBLIC_TEXT = {
  promiseId: 'Promise ID is required',
  processId: 'Process ID is required',
  ttl: 'TTL must be a positive integer',
  timeoutAt: 'TimeoutAt must be a non-negative integer',
  limit: 'Limit must be a positive integer',
  limitRange: "Invalid 'limit' — must be between 1 and 1000",
  cron: 'Invalid cron expression',
  listenerAddress: 'Invalid listener address',
  targetAddress: 'Invalid resonate:target address',
  noTarget: 'Action must have a resonate:target tag',
  samePromise: 'Awaited and awaiter must be different promises',
  fulfillId: 'Action ID must match the task ID',
  noActions: 'Actions array cannot be empty',
  fenceKind: 'Invalid fence action kind',
} as const;

const TEXTS = Object.values(PUBLIC_TEXT);

export function isPublicText(message: string): boolean {
  return TEXTS.some((text) => message.startsWith(text));
}
