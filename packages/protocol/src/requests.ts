import type { z } from 'zod';
import { isPublicText } from './public-texts.ts';
import * as debug from './requests/debug.ts';
import * as promise from './requests/promise.ts';
import * as schedule from './requests/schedule.ts';
import * as task from './requests/task.ts';

/** Every kind of the protocol with the shape of its `data`. This is the only list. */
export const REQUESTS = {
  'promise.get': promise.promiseGetData,
  'promise.create': promise.promiseCreateData,
  'promise.settle': promise.promiseSettleData,
  'promise.register_callback': promise.promiseRegisterCallbackData,
  'promise.register_listener': promise.promiseRegisterListenerData,
  'promise.search': promise.promiseSearchData,
  'task.get': task.taskGetData,
  'task.create': task.taskCreateData,
  'task.acquire': task.taskAcquireData,
  'task.release': task.taskReleaseData,
  'task.fulfill': task.taskFulfillData,
  'task.suspend': task.taskSuspendData,
  'task.fence': task.taskFenceData,
  'task.heartbeat': task.taskHeartbeatData,
  'task.halt': task.taskHaltData,
  'task.continue': task.taskContinueData,
  'task.search': task.taskSearchData,
  'schedule.get': schedule.scheduleGetData,
  'schedule.create': schedule.scheduleCreateData,
  // A definition has the same fields whether it is new or replaces another one.
  'schedule.update': schedule.scheduleCreateData,
  'schedule.delete': schedule.scheduleDeleteData,
  'schedule.pause': schedule.schedulePauseData,
  'schedule.resume': schedule.scheduleResumeData,
  'schedule.trigger': schedule.scheduleTriggerData,
  'schedule.preview': schedule.schedulePreviewData,
  'schedule.search': schedule.scheduleSearchData,
  'debug.start': debug.debugStartData,
  'debug.stop': debug.debugStopData,
  'debug.reset': debug.debugResetData,
  'debug.snap': debug.debugSnapData,
  'debug.tick': debug.debugTickData,
} as const;

export type Kind = keyof typeof REQUESTS;

/** The checked `data` of kind `K`, with defaults filled in. */
export type RequestData<K extends Kind> = z.output<(typeof REQUESTS)[K]>;

/** A checked request of any kind. */
export type Request<K extends Kind = Kind> = { [P in K]: { kind: P; data: RequestData<P> } }[K];

export function isKind(kind: string): kind is Kind {
  return Object.hasOwn(REQUESTS, kind);
}

/**
 * The kind, as logs, metrics and traces show it. An unknown kind is not shown: it may be any text, even a token that a
 * client put into the wrong field.
 */
export function knownKind(kind: string): Kind | 'unknown' {
  return isKind(kind) ? kind : 'unknown';
}

export type Checked = { ok: true; request: Request } | { ok: false; message: string };

/** Checks `data` against the rules of `kind` (protocol section 3). Returns the request, or what is wrong with it. */
export function checkRequest(kind: Kind, data: unknown): Checked {
  const result = REQUESTS[kind].safeParse(data);
  if (result.success) return { ok: true, request: { kind, data: result.data } as Request };
  const [issue] = result.error.issues;
  return { ok: false, message: issue ? describeIssue(issue) : 'Invalid request: malformed data' };
}

/** The message of an issue names its field. If the field is nested, its path comes first. */
function describeIssue({ path, message }: z.core.$ZodIssue): string {
  if (isPublicText(message)) return message;
  const name = path.at(-1);
  const isNamed = name !== undefined && message.startsWith(`${String(name)} `);
  const outer = isNamed ? path.slice(0, -1) : path;
  const before = outer.length === 0 ? '' : outer.join('.') + (isNamed ? '.' : ': ');
  return `Invalid request: ${before}${message}`;
}
