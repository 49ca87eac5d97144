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

/** What gives a task to a worker. */
interface Answer {
  /** The other promises of the branch. */
  preload: PromiseRecord[];
  /** True when there are more of them. */
  preloadPartial?: boolean;
}

/** Why a step's create was not what the worker had been told. */
type Refusal = { error: unknown } | { status: number; message: string };

/** A create that was answered before it was sent. */
interface EarlyCreate {
  request: TaskFenceReq;
  record: PromiseRecord;
  /** Set when it is sent. Never rejects; null: it took effect as answered. */
  outcome: Promise<Refusal | null> | null;
}

/** A task that this worker holds. */
interface HeldTask {
  version: number;
  /** `resonate:branch` of its promise. */
  branch: string;
  /** All promises of the branch; of others it is certain that they don't exist. */
  known: Set<string>;
  /** Answered early and not settled, by id. */
  early: Map<string, EarlyCreate>;
  /** Those of them that were not sent, in order. */
  unsent: EarlyCreate[];
  timer: NodeJS.Timeout | null;
  /** The first create that failed ends the task: nothing more of it is stored. */
  refusal: Refusal | null;
}

/**
 * How long a create waits for its step to end. Longer steps cost a second trip, which nobody waits for: it happens while
 * they run. So this only has to cover steps that are about as short as the trip that is saved.
 *
 * Measured with 1, 2, 5 and 10 ms in turns, 1 caller, workflows of 10 steps, SQLite (docs/decisions/one-trip-per-step.md):
 * steps of 0 ms took the server 15.3, 12.8, 11.4 and 11.4 ms of CPU a workflow, steps of 3 ms 21.4, 19.0, 16.3 and 15.6.
 */
const HOLD_MS = 5;
/** A step so close to its timeout may be too late at the server: its create is not answered early. */
const TIMEOUT_MARGIN_MS = 1_000;
/** More tasks than a worker runs at once; beyond, the oldest ones are handled plainly. */
const MAX_TASKS = 10_000;
/** Tasks whose creates were not as answered; kept so that their next run asks first. */
const MAX_PLAIN = 1_000;
/** What the SDK puts on a step of its own; any other tag of the server's has effects that only the server knows. */
const STEP_TAGS: ReadonlySet<string> = new Set([
  'resonate:scope',
  'resonate:branch',
  'resonate:parent',
  'resonate:origin',
]);

/**
 * One durable trip per step. The SDK stores a step's start (`create`), runs it, and stores its result (`settle`). Where
 * it is certain how the server will answer the create, it is answered here at once, and sent together with the settle:
 * in order, in one batch. Then the step's result is stored before the SDK hears of it, as ever.
 *
 * The answer is certain when the step runs in this worker, belongs to the branch of a task that the worker holds, and is
 * not among the promises of that branch that came with the task: nobody else creates promises in there. Should it turn
 * out otherwise (the lease is lost, the promise was there after all), the settle fails with the create's refusal. The SDK
 * then gives the task up, and the next run finds in the store what is there.
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
        // It goes on at once: something it waits for has happened.
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
      // A timer's task runs nothing; the SDK lets go of it without a word.
      if (task?.state === 'acquired' && branch !== undefined && timer === undefined) {
        this.#hold(task.id, task.version, branch, response.data);
      }
    }
    return response;
  }

  /** @param answer the one that gave the task to this worker, with the branch's promises. */
  #hold(id: string, version: number, branch: string, { preload, preloadPartial }: Answer): void {
    this.#drop(id);
    if (preloadPartial === true || this.#plain.has(id)) return;
    const known = new Set(preload.map((record) => record.id));
    this.#tasks.set(id, { version, branch, known, early: new Map(), unsent: [], timer: null, refusal: null });
    if (this.#tasks.size > MAX_TASKS) this.#forgetOne();
  }

  /** The oldest one with nothing in between: the SDK may have let go of it long ago. */
  #forgetOne(): void {
    for (const [id, { early }] of this.#tasks) {
      if (early.size > 0) continue;
      this.#tasks.delete(id);
      return;
    }
  }

  /** Handles what follows of a task plainly. Its creates go out first. */
  #drop(id: string): void {
    const task = this.#tasks.get(id);
    if (!task) return;
    this.#flush(task);
    this.#tasks.delete(id);
  }

  /** @returns the task, when the worker gives up what it holds. */
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

  /** Whether it is known here how the server will answer this create. */
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

  /** The end of a step that was answered early: both are sent together, unless the create was sent before. */
  async #settle(task: HeldTask, request: TaskFenceReq, early: EarlyCreate): Promise<Response> {
    task.early.delete(early.record.id);
    this.#flush(task);
    const settling = this.#forward(request);
    // Whatever becomes of it, the create's refusal comes first.
    settling.catch(() => {});
    const refusal = await early.outcome;
    if (refusal) return refused(request, refusal);
    const response = await settling;
    // Two batches at once may pass each other: it came before its create.
    return isMissing(response) ? this.#forward(request) : response;
  }

  /** Sends the creates that wait, in their order. */
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
      if ('status' in refusal) this.#askFirst(request.data.id);
    }
    return refusal;
  }

  /** Creates of this task were not as answered; should it come again, it is handled plainly. */
  #askFirst(id: string): void {
    this.#plain.add(id);
    const [oldest] = this.#plain;
    if (this.#plain.size > MAX_PLAIN && oldest !== undefined) this.#plain.delete(oldest);
  }
}

/** null when the server's answer to a create is the one that was given early. */
function refusalIn(response: Response, early: PromiseRecord): Refusal | null {
  const { head, data } = isFenced(response) ? response.data.action : response;
  if (head.status !== 200)
    return { status: head.status, message: typeof data === 'string' ? data : JSON.stringify(data) };
  const { promise } = data as { promise: PromiseRecord };
  if (promise.state === 'pending' && promise.timeoutAt === early.timeoutAt) return null;
  return { status: 409, message: `Promise ${early.id} already exists` };
}

/** The promise that a fence settles is not there. */
function isMissing(response: Response): boolean {
  return isFenced(response) && response.data.action.head.status === 404;
}

function isFenced(response: Response): response is Extract<Response, { kind: 'task.fence'; head: { status: 200 } }> {
  return response.kind === 'task.fence' && isSuccess(response);
}

/** What the SDK makes of it is what it makes of a lost lease: it ends the task and releases it. */
function refused({ head: { corrId, version } }: TaskFenceReq, refusal: Refusal): Response {
  if ('error' in refusal) throw refusal.error;
  const head = { corrId, status: refusal.status, version };
  return { kind: 'task.fence', head, data: refusal.message } as Response;
}
