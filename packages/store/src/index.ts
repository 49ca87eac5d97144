export { Store, type ExecuteOptions, type StoreOptions } from './store.ts';
export type { Batch, StoreOperation, StoreEvents } from './events.ts';
export { inspectStore, openDialect, type StorageTarget } from './open.ts';
export { postgresJobsSchema } from './dialects/postgres/namespace.ts';
export { Primary as PostgresPrimary } from './dialects/postgres/primary.ts';
export {
  BatchConflict,
  OutcomeUnknown,
  RequestTooLarge,
  StoreUnavailable,
  TooMuchAtOnce,
  type Dialect,
  type Inspection,
  type Leadership,
  type WaitingTarget,
} from './dialect.ts';
export type { ProcessRow, StoredDeadLetter } from './tables.ts';
export type { DeadLetterFilter } from './outbox/dead-letters.ts';
export type { RedriveOrder } from './upkeep/bulk-redrive.ts';
export { JOBS, type JobName, type JobRun } from './upkeep/job-runs.ts';
export type { Claimed } from './outbox/outbox.ts';
export type { Queue } from './outbox/queues.ts';
export type { ListenerKey } from './sql/conditions.ts';
export { rowOf, type Delivery, type Receiver, type Slot } from './engine/handover.ts';
export type { DeliverResult } from './admin/admin.ts';
export { MOST_COUNTED } from './admin/counts.ts';
export type { Detail, OtherPromise } from './admin/detail.ts';
export type { GraphPage, GraphQuery, GraphRow } from './admin/graph.ts';
export type { Listed, Newest, NewestQuery, Place } from './admin/newest.ts';
export type { FailedPromise, PromiseOutcome } from './admin/outcome.ts';
export type { WaitingPromise, Waits } from './admin/waits.ts';
export type { BriefPromise } from './admin/rows.ts';
export type { DueHint, DueTimes } from './hints.ts';
export type { BatcherLimits } from './engine/batcher.ts';
export type { Fired } from './timers.ts';
export type { Sweep, SweepOptions } from './retention/sweep.ts';
export { countRemovable } from './retention/dry-run.ts';
export type { SweepOutcome } from './retention/removal.ts';
export { errorText } from './error-text.ts';
export { HEAP_SHARE_BYTES } from './dialects/shares.ts';
export type { Backlog } from './outbox/backlog.ts';
export type { Changes, DeliveryOutcome, TaskRow } from '@resonate/machine';
export { settledRecord, type RetentionRules } from '@resonate/machine';
