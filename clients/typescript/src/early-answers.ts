import {
  isSuccess,
  type PromiseCreateReq,
  type PromiseRecord,
  type Request,
  type Response,
  type TaskFenceReq,
  type TaskFulfillReq,
} from '@resonatehq/sdk';

/** The answer to a fence that the server carried out. */
type Fenced = Extract<Response, { kind: 'task.fence'; head: { status: 200 } }>;

/** The server's answer to a request that differs from the early answer, or the error of the request. */
export type Refusal = { error: unknown } | { status: number; message: string };

/** A create that was answered before it was sent. */
export interface EarlyCreate {
  request: TaskFenceReq;
  record: PromiseRecord;
  /**
   * null until the create is sent. Never rejects. Resolves with null if the server's answer was the same as the early
   * answer.
   */
  outcome: Promise<Refusal | null> | null;
  /** The settle of the step, if it was answered early, too. It is sent directly after the create. */
  settle: { request: TaskFenceReq; record: PromiseRecord } | null;
}

/** What is known of the branch of a task that this worker holds. */
export interface Branch {
  /** `resonate:branch` of the task's promise. */
  branch: string;
  /** The ids of all promises of the branch. Other ids of the branch certainly do not exist. */
  known: Set<string>;
}

/**
 * If a step is closer than this to its timeout, its create is not answered early, because it may reach the server too
 * late.
 */
const TIMEOUT_MARGIN_MS = 1_000;
/**
 * A settle is answered early only if the server has no reason to refuse it: the timeout of its promise is further away
 * than any request takes, and its value is short ASCII text, as the SDK's base64 is.
 */
const RESULT_MARGIN_MS = 60_000;
const CERTAIN_VALUE = /^[ -~]{0,4096}$/;
/**
 * The maximum number of steps in the request that ends the workflow. Each step adds up to about 8 KiB, plus its id and
 * tags, to that request.
 */
const MAX_LAST_STEPS = 16;
/** The tags that the SDK sets on a local step. Any other `resonate:` tag has effects that only the server knows. */
const STEP_TAGS: ReadonlySet<string> = new Set([
  'resonate:scope',
  'resonate:branch',
  'resonate:parent',
  'resonate:origin',
]);

/** Whether it is certain how the server will answer this create. @param now epoch ms. */
export function isCertainCreate(
  { data: { id, timeoutAt, tags } }: PromiseCreateReq,
  { branch, known }: Branch,
  now: number,
): boolean {
  return (
    tags['resonate:scope'] === 'local' &&
    tags['resonate:branch'] === branch &&
    !known.has(id) &&
    Number.isSafeInteger(timeoutAt) &&
    timeoutAt > now + TIMEOUT_MARGIN_MS &&
    Object.keys(tags).every((name) => STEP_TAGS.has(name) || !name.startsWith('resonate:'))
  );
}

/** Whether it is certain that the server will settle this promise with this value. @param now epoch ms. */
export function isCertainResult(
  { headers, data }: PromiseRecord['value'],
  { timeoutAt }: PromiseRecord,
  now: number,
): boolean {
  return timeoutAt > now + RESULT_MARGIN_MS && isSmall(data) && Object.keys(headers ?? {}).length === 0;
}

/** Whether these steps can be stored by the request that ends the workflow: all have ended, and they are small. */
export function mayTravelWithEnd(steps: readonly EarlyCreate[]): boolean {
  return steps.length <= MAX_LAST_STEPS && steps.every(({ settle, record }) => settle && isSmall(record.param.data));
}

/** The request with its steps: `task.fulfill` in docs/protocol.md. */
export function withSteps(request: TaskFulfillReq, steps: readonly EarlyCreate[]): Request {
  const stored = steps.map(({ request: create, settle }) => {
    return { create: create.data.action.data, settle: settle?.request.data.action.data };
  });
  return { ...request, data: { ...request.data, steps: stored } } as Request;
}

/** The refusal in the server's answer; null if the answer is the same as the early one. */
export function refusalIn(response: Response, early: PromiseRecord): Refusal | null {
  const { head, data } = isFenced(response) ? response.data.action : response;
  if (head.status !== 200) return { status: head.status, message: textOf(data) };
  const { promise } = data as { promise: PromiseRecord };
  if (promise.state === early.state && promise.timeoutAt === early.timeoutAt) return null;
  const found = `it is ${promise.state}, with timeoutAt ${promise.timeoutAt}`;
  return { status: 409, message: `Promise ${early.id} was created or settled by somebody else: ${found}` };
}

/** The `data` of an answer as text: an error's is text already. */
export function textOf(data: unknown): string {
  return typeof data === 'string' ? data : JSON.stringify(data);
}

function isSmall(data: unknown): boolean {
  return data === undefined || (typeof data === 'string' && CERTAIN_VALUE.test(data));
}

/** True if the promise that a fence settles does not exist. */
export function isMissing(response: Response): boolean {
  return isFenced(response) && response.data.action.head.status === 404;
}

function isFenced(response: Response): response is Fenced {
  return response.kind === 'task.fence' && isSuccess(response);
}

/** The server's answer to a fence whose action succeeds. */
export function answered({ kind, head, data: { action } }: TaskFenceReq, promise: PromiseRecord): Response {
  const ok = ({ corrId, version }: typeof head) => ({ corrId, status: 200, version }) as const;
  return {
    kind,
    head: ok(head),
    data: {
      action: { kind: action.kind, head: ok(action.head), data: { promise } } as Fenced['data']['action'],
      preload: [],
    },
  };
}

/** Answers with the refusal. The SDK handles it like a lost lease: it ends the task and releases it. */
export function refused({ kind, head: { corrId, version } }: Request, refusal: Refusal): Response {
  if ('error' in refusal) throw refusal.error;
  return { kind, head: { corrId, status: refusal.status, version }, data: refusal.message } as Response;
}

/** The refusal as an error. */
export function errorOf(refusal: Refusal): unknown {
  return 'error' in refusal ? refusal.error : new Error(refusal.message);
}
