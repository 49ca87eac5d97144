import type { Kind, Reply } from '@resonate/protocol';
import { leaseTimeout } from './internal/lease-timeout.ts';
import { promiseTimeout } from './internal/promise-timeout.ts';
import { retryTimeout } from './internal/retry-timeout.ts';
import { scheduleFault } from './internal/schedule-fault.ts';
import { scheduleFire } from './internal/schedule-fire.ts';
import type { Needs } from './needs.ts';
import type { Choices, Context, Operation, OperationOf } from './operation.ts';
import { promiseCreate } from './promise/create.ts';
import { promiseGet } from './promise/get.ts';
import { promiseRegisterCallback } from './promise/register-callback.ts';
import { promiseRegisterListener } from './promise/register-listener.ts';
import { promiseSettle } from './promise/settle.ts';
import { scheduleCreate } from './schedule/create.ts';
import { scheduleDelete } from './schedule/delete.ts';
import { scheduleGet } from './schedule/get.ts';
import { schedulePause } from './schedule/pause.ts';
import { schedulePreview } from './schedule/preview.ts';
import { scheduleResume } from './schedule/resume.ts';
import { scheduleTrigger } from './schedule/trigger.ts';
import { scheduleUpdate } from './schedule/update.ts';
import { taskAcquire } from './task/acquire.ts';
import { taskContinue } from './task/continue.ts';
import { taskCreate } from './task/create.ts';
import { taskFence } from './task/fence.ts';
import { taskFulfill } from './task/fulfill.ts';
import { taskGet } from './task/get.ts';
import { taskHalt } from './task/halt.ts';
import { taskHeartbeat } from './task/heartbeat.ts';
import { taskRelease } from './task/release.ts';
import { taskSuspend } from './task/suspend.ts';
import { touch } from './rules/touch.ts';
import type { WorkingSet } from './working-set.ts';

/** The kinds that read single rows and change nothing: they need no lock. */
export const READS = {
  'promise.get': promiseGet,
  'task.get': taskGet,
  'schedule.get': scheduleGet,
  'schedule.preview': schedulePreview,
} as const satisfies { [K in Kind]?: OperationOf<K> };

/** The kinds that may change something. */
export const WRITES = {
  'promise.create': promiseCreate,
  'promise.settle': promiseSettle,
  'promise.register_callback': promiseRegisterCallback,
  'promise.register_listener': promiseRegisterListener,
  'task.create': taskCreate,
  'task.acquire': taskAcquire,
  'task.release': taskRelease,
  'task.fulfill': taskFulfill,
  'task.suspend': taskSuspend,
  'task.fence': taskFence,
  'task.heartbeat': taskHeartbeat,
  'task.halt': taskHalt,
  'task.continue': taskContinue,
  'schedule.create': scheduleCreate,
  'schedule.update': scheduleUpdate,
  'schedule.delete': scheduleDelete,
  'schedule.pause': schedulePause,
  'schedule.resume': scheduleResume,
  'schedule.trigger': scheduleTrigger,
} as const satisfies { [K in Kind]?: OperationOf<K> };

/** Transitions that happen when a time is reached. No client can request them. */
const TIMERS = {
  'timer.promise': promiseTimeout,
  'timer.lease': leaseTimeout,
  'timer.retry': retryTimeout,
  'timer.schedule': scheduleFire,
  'timer.schedule_fault': scheduleFault,
} as const;

const OPERATIONS = { ...READS, ...WRITES, ...TIMERS };

export type OperationKind = keyof typeof OPERATIONS;
export type ReadKind = keyof typeof READS;
export type WriteKind = keyof typeof WRITES;
export type TimerKind = keyof typeof TIMERS;

type DataOf<K extends OperationKind> = (typeof OPERATIONS)[K] extends Operation<infer Data> ? Data : never;

/** Something to run: its kind with its checked data. */
export type Command<K extends OperationKind = OperationKind> = { [P in K]: { kind: P; data: DataOf<P> } }[K];

/**
 * Runs a command on the working set. First the promises that it names settle if they have timed out. Then the operation
 * itself runs.
 * @throws MoreNeeded, and on a fault of the program; the caller rewinds.
 */
export function perform(ws: WorkingSet, { kind, data }: Command, context: Context): Reply {
  const operation = operationOf(kind);
  if (operation.touches) touch(ws, operation.touches(data), context.now);
  return operation.run(ws, data, context);
}

/** The operation of a command's kind. The type of the command ensures that its data fits. */
function operationOf(kind: OperationKind): Operation<unknown> {
  return OPERATIONS[kind];
}

/** Adds the rows that a command may touch. */
export function collectNeeds({ kind, data }: Command, needs: Needs, choices: Choices = {}): void {
  operationOf(kind).needs(data, needs, choices);
}
