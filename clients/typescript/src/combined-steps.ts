import {
  isRedirect,
  isSuccess,
  type PromiseCreateReq,
  type PromiseRecord,
  type Request,
  type Response,
  type TaskFenceReq,
} from '@resonatehq/sdk';

/** Sends a request to the server. */
export type Forward = (request: Request) => Promise<Response>;

/** The part of an answer that gives a task to a worker. */
interface Answer {
  /** The other promises of the branch. */
  preload: PromiseRecord[];
  /** True if `preload` is incomplete. */
  preloadPartial?: boolean;
}

/** The server's answer to a create that differs from the early answer, or the error of the request. */
type Refusal = { error: unknown } | { status: number; message: string };

/** A create that was answered before it was sent. */
interface EarlyCreate {
  request: TaskFenceReq;
  record: PromiseRecord;
  /** Set when the create is sent. Never rejects. null if the server's answer was the same as the early answer. */
  outcome: Promise<Refusal | null> | null;
}

/** A task that this worker holds. */
interface HeldTask {
  version: number;
  /** `resonate:branch` of its promise. */
  branch: string;
  /** The ids of all promises of the branch. Other ids of the branch certainly do not exist. */
  known: Set<string>;
  /** The creates that were answered early and whose steps are not settled, by id. */
  early: Map<string, EarlyCreate>;
  /** Those of them that were not sent yet, in order. */
  unsent: EarlyCreate[];
  timer: NodeJS.Timeout | null;
  /** The refusal of the first create that failed. From then on nothing more of the task is stored. */
  refusal: Refusal | null;
}

/**
 * How long a create waits for its step to end. A longer step costs a second round trip, but nobody waits for it,
 * because it happens while the step runs. So this only has to cover steps that are about as short as the round trip
 * that is saved.
 *
 * Measured with 1, 2, 5 and 10 ms in turns, 1 caller, workflows of 10 steps, SQLite
 * (docs/decisions/one-trip-per-step.md): steps of 0 ms took the server 15.3, 12.8, 11.4 and 11.4 ms of CPU a workflow,
 * steps of 3 ms 21.4, 19.0, 16.3 and 15.6.
 */
const HOLD_MS = 5;
/**
 * If a step is closer than this to its timeout, its create is not answered early, because it may reach the server too
 * late.
 */
const TIMEOUT_MARGIN_MS = 1_000;
/**
 * The maximum number of tasks whose steps are combined, more than a worker runs at once. Beyond it the oldest idle task
 * is dropped, and its requests are forwarded unchanged.
 */
const MAX_TASKS = 10_000;
/** How many tasks are remembered for which an early answer was wrong. Their requests are forwarded unchanged. */
const MAX_PLAIN = 1_000;
/** The tags that the SDK sets on a local step. Any other `resonate:` tag has effects that only the server knows. */
const STEP_TAGS: ReadonlySet<string> = new Set([
  'resonate:scope',
  'resonate:branch',
  'resonate:parent',
  'resonate:origin',
]);

/**
 * One durable round trip per step. The SDK stores a step's start (`create`), runs the step, and stores its result
 * (`settle`). If it is certain how the server will answer the create, this class answers it at once, and sends it later
 * together with the settle, in order and in one batch. As before, the SDK continues only after the step's result is
 * stored.
 *
 * The answer is certain if the step runs in this worker, belongs to the branch of a task that the worker holds, and is
 * not among the promises of that branch that came with the task. Nobody else creates promises in this branch. If the
 * server's answer is different after all (the lease was lost, or the promise existed), the settle fails with the
 * refusal of the create. The SDK then gives up the task, and the next run continues from what is stored.
 */
export class CombinedSteps {
  readonly #forward: Forward;
  readonly #now: () => number;
  readonly #tasks = new Map<string, HeldTask>();
  readonly #plain = new Set<string>();

  /** @param now this machine's clock, epoch ms. */
  constructor(forward: Forward, now: () => number = Date.now) {
    this.#forward = forward;
    this.#now = now;
  }

  async send(request: Request): Promise<Response> {
    switch (request.kind) {
      case 'task.create':
      case 'task.acquire':
        return this.#acquired(await this.#forward(request));
      case 'task.fence':
        return this.#fence(request);
      case 'task.suspend': {
        const task = this.#leave(request.data);
        const response = await this.#forward(request);
        // The task continues at once, because a promise that it awaits has already settled.
        if (task && response.kind === 'task.suspend' && isRedirect(response)) {
          this.#hold(request.data.id, task.version, task.branch, response.data);
        }
        return response;
      }
      case 'task.fulfill':
      case 'task.release':
        this.#leave(request.data);
        return this.#forward(request);
      default:
        return this.#forward(request);
    }
  }

  #acquired(response: Response): Response {
    if ((response.kind === 'task.acquire' || response.kind === 'task.create') && isSuccess(response)) {
      const { task, promise } = response.data;
      const { 'resonate:branch': branch, 'resonate:timer': timer } = promise.tags;
      // The task of a timer runs nothing, and the SDK drops it without a request.
      if (task?.state === 'acquired' && branch !== undefined && timer === undefined) {
        this.#hold(task.id, task.version, branch, response.data);
      }
    }
    return response;
  }

  /** @param answer the answer that gave the task to this worker. It contains the promises of the branch. */
  #hold(id: string, version: number, branch: string, { preload, preloadPartial }: Answer): void {
    this.#drop(id);
    if (preloadPartial === true || this.#plain.has(id)) return;
    const known = new Set(preload.map((record) => record.id));
    this.#tasks.set(id, { version, branch, known, early: new Map(), unsent: [], timer: null, refusal: null });
    if (this.#tasks.size > MAX_TASKS) this.#forgetOne();
  }

  /** Forgets the oldest task without a running step. The SDK may have dropped it long ago. */
  #forgetOne(): void {
    for (const [id, { early }] of this.#tasks) {
      if (early.size > 0) continue;
      this.#tasks.delete(id);
      return;
    }
  }

  /** Sends the task's waiting creates. From then on its requests are forwarded unchanged. */
  #drop(id: string): void {
    const task = this.#tasks.get(id);
    if (!task) return;
    this.#flush(task);
    this.#tasks.delete(id);
  }

  /** Drops a task that the worker gives up. @returns the task; null if it is not held in this version. */
  #leave({ id, version }: { id: string; version: number }): HeldTask | null {
    const task = this.#tasks.get(id);
    if (task?.version !== version) return null;
    this.#drop(id);
    return task;
  }

  async #fence(request: TaskFenceReq): Promise<Response> {
    const { id, version, action } = request.data;
    const task = this.#tasks.get(id);
    if (task?.version !== version) return this.#forward(request);
    if (task.refusal) return refused(request, task.refusal);
    if (action.kind === 'promise.create') {
      if (this.#isCertain(task, action)) return this.#answerEarly(task, request, action);
      task.known.add(action.data.id);
    } else {
      const early = task.early.get(action.data.id);
      if (early) return this.#settle(task, request, early);
    }
    this.#flush(task);
    return this.#forward(request);
  }

  /** Whether it is certain how the server will answer this create. */
  #isCertain({ known, branch }: HeldTask, { data: { id, timeoutAt, tags } }: PromiseCreateReq): boolean {
    return (
      tags['resonate:scope'] === 'local' &&
      tags['resonate:branch'] === branch &&
      !known.has(id) &&
      Number.isSafeInteger(timeoutAt) &&
      timeoutAt > this.#now() + TIMEOUT_MARGIN_MS &&
      Object.keys(tags).every((name) => STEP_TAGS.has(name) || !name.startsWith('resonate:'))
    );
  }

  #answerEarly(task: HeldTask, request: TaskFenceReq, { head, data }: PromiseCreateReq): Response {
    const record: PromiseRecord = {
      id: data.id,
      state: 'pending',
      param: data.param,
      value: {},
      tags: data.tags,
      timeoutAt: data.timeoutAt,
      createdAt: this.#now(),
    };
    const early: EarlyCreate = { request, record, outcome: null };
    task.known.add(data.id);
    task.early.set(data.id, early);
    task.unsent.push(early);
    task.timer ??= setTimeout(() => this.#flush(task), HOLD_MS);
    const { corrId, version } = request.head;
    return {
      kind: 'task.fence',
      head: { corrId, status: 200, version },
      data: {
        action: {
          kind: 'promise.create',
          head: { corrId: head.corrId, status: 200, version },
          data: { promise: record },
        },
        preload: [],
      },
    };
  }

  /** Settles a step whose create was answered early. Sends both together, unless the create was sent before. */
  async #settle(task: HeldTask, request: TaskFenceReq, early: EarlyCreate): Promise<Response> {
    task.early.delete(early.record.id);
    this.#flush(task);
    const settling = this.#forward(request);
    // The refusal of the create takes precedence, so ignore an error of the settle.
    settling.catch(() => {});
    const refusal = await early.outcome;
    if (refusal) return refused(request, refusal);
    const response = await settling;
    // The server may run two batches in parallel. If the settle arrived before its create, send it again.
    return isMissing(response) ? this.#forward(request) : response;
  }

  /** Sends the waiting creates in order. */
  #flush(task: HeldTask): void {
    if (task.timer) clearTimeout(task.timer);
    task.timer = null;
    for (const early of task.unsent.splice(0)) early.outcome = this.#create(task, early);
  }

  async #create(task: HeldTask, { request, record }: EarlyCreate): Promise<Refusal | null> {
    const refusal = await this.#forward(request).then(
      (response) => refusalIn(response, record),
      (error: unknown) => ({ error }),
    );
    if (refusal) {
      task.refusal ??= refusal;
      if ('status' in refusal) this.#stopCombining(request.data.id);
    }
    return refusal;
  }

  /**
   * Remembers that an early answer for this task was wrong. If the task comes again, its requests are forwarded
   * unchanged.
   */
  #stopCombining(id: string): void {
    this.#plain.add(id);
    const [oldest] = this.#plain;
    if (this.#plain.size > MAX_PLAIN && oldest !== undefined) this.#plain.delete(oldest);
  }
}

/** The refusal in the server's answer to a create; null if the answer is the same as the early one. */
function refusalIn(response: Response, early: PromiseRecord): Refusal | null {
  const { head, data } = isFenced(response) ? response.data.action : response;
  if (head.status !== 200)
    return { status: head.status, message: typeof data === 'string' ? data : JSON.stringify(data) };
  const { promise } = data as { promise: PromiseRecord };
  if (promise.state === 'pending' && promise.timeoutAt === early.timeoutAt) return null;
  return { status: 409, message: `Promise ${early.id} already exists` };
}

/** True if the promise that a fence settles does not exist. */
function isMissing(response: Response): boolean {
  return isFenced(response) && response.data.action.head.status === 404;
}

function isFenced(response: Response): response is Extract<Response, { kind: 'task.fence'; head: { status: 200 } }> {
  return response.kind === 'task.fence' && isSuccess(response);
}

/** Answers with the refusal. The SDK handles it like a lost lease: it ends the task and releases it. */
function refused({ head: { corrId, version } }: TaskFenceReq, refusal: Refusal): Response {
  if ('error' in refusal) throw refusal.error;
  const head = { corrId, status: refusal.status, version };
  return { kind: 'task.fence', head, data: refusal.message } as Response;
}
