export * from './rows.ts';
export * from './delivery/index.ts';
export { Needs } from './needs.ts';
export type { RowChanges } from './row-table.ts';
export { emptyLoaded, WorkingSet, type Changes, type Loaded } from './working-set.ts';
export type { Choices, Context, Operation } from './operation.ts';
export * from './query.ts';
export {
  collectNeeds,
  perform,
  READS,
  WRITES,
  type Command,
  type OperationKind,
  type ReadKind,
  type TimerKind,
  type WriteKind,
} from './operations.ts';
export { MoreNeeded } from './more-needed.ts';
export { promiseSearch } from './promise/search.ts';
export { taskSearch } from './task/search.ts';
export { scheduleSearch } from './schedule/search.ts';
export { occurrenceOf, type DueSchedule } from './internal/schedule-fire.ts';
export { occurrencePromiseId } from './rules/run.ts';
export { debugSnap } from './debug-snap.ts';
export { retryAt } from './rules/dispatch.ts';
export { projectPromise, projectTask } from './rules/expiry.ts';
export { FENCE_PRELOAD, PRELOAD, type FencePreload, type PreloadBound } from './rules/preload.ts';
export { promiseRecord, settledRecord } from './rules/records.ts';
export * from './rules/retention.ts';
