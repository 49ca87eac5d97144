import {
  isRedirect,
  isSuccess,
  type PromiseCreateReq,
  type PromiseRecord,
  type PromiseSettleReq,
  type Request,
  type Response,
  type TaskFenceReq,
  type TaskFulfillReq,
} from '@resonatehq/sdk';
import { RequestTooLarge, UnexpectedStatus } from './connection.ts';
import {
  answered,
  errorOf,
  isCertainCreate,
  isCertainResult,
  isMissing,
  mayTravelWithEnd,
  refusalIn,
  refused,
  textOf,
  withSteps,
  type Branch,
  type EarlyCreate,
  type Refusal,
} from './early-answers.ts';

/** Sends a request to the server. */
export type Forward = (request: Request) => Promise<Response>;

/** The part of an answer that gives a task to a worker. */
interface Answer {
  /** The other promises of the branch. */
  preload: PromiseRecord[];
  /** True if `preload` is incomplete. */
  preloadPartial?: boolean;
}

/** A task that this worker holds. */
interface HeldTask extends Branch {
  version: number;
  /** The creates that were answered early and whose steps are not settled, by id. */
  early: Map<string, EarlyCreate>;
  /** The creates that were answered early and not sent yet, in order. */
  unsent: EarlyCreate[];
  timer: NodeJS.Timeout | null;
  /** The steps whose settle was answered early and sent, until the server has answered. The promises never reject. */
  storing: Map<EarlyCreate, Promise<Refusal | null>>;
  /** The refusal of the first early answer that was wrong. From then on nothing more of the task is stored. */
  refusal: Refusal | null;
}

/**
 * How long a create waits for its step to end. A longer step costs a second round trip, but nobody waits for it,
 * because it happens while the step runs. So this time needs to be long enough only for steps that are about as short as
 * a round trip.
 *
 * Measured with 1, 2, 5 and 10 ms in turns, 1 caller, workflows of 10 steps, SQLite
 * (docs/decisions/one-trip-per-step.md): steps of 0 ms took the server 15.3, 12.8, 11.4 and 11.4 ms of CPU per workflow,
 * steps of 3 ms 21.4, 19.0, 16.3 and 15.6.
 */
const HOLD_MS = 5;
/**
 * The maximum number of tasks whose steps are combined, more than a worker runs at once. Beyond it the oldest idle task
 * is dropped, and its requests are forwarded unchanged.
 */
const MAX_TASKS = 10_000;
/** The maximum number of remembered tasks whose combined requests failed. Their requests are forwarded unchanged. */
const MAX_PLAIN = 1_000;

/**
 * One durable round trip per step. The SDK stores a step's start (`create`), runs the step, and stores its result
 * (`settle`). If it is certain how the server will answer the create, this class answers it at once, and sends it later
 * together with the settle, in order and in one batch.
 *
 * A settle that is sent with its create is answered at once, too. The next step begins only after the result is
 * stored, as before: its create, and every other request of the task, waits for that. Only the end of the workflow
 * (`task.fulfill`) need not wait for steps that were not sent yet: they travel in that request, and the server stores all
 * of it or nothing. It does wait for settles that were sent before.
 *
 * The answer is certain if the step runs in this worker, belongs to the branch of a task that the worker holds, and is
 * not among the promises of that branch that came with the task. Nobody else creates promises in this branch. If the
 * server's answer is different after all (the lease was lost, or the promise existed), the settle fails with the
 * refusal. If the settle was answered early, the next request of the task fails instead. The SDK then gives up the
 * task, and the next run continues from what is stored.
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
        const refusal = task && (task.storing.size > 0 ? await resultsStored(task) : task.refusal);
        if (refusal) return refused(request, refusal);
        const response = await this.#forward(request);
        // The task continues at once, because a promise that it awaits has already settled.
        if (task && response.kind === 'task.suspend' && isRedirect(response)) {
          this.#hold(request.data.id, task.version, task.branch, response.data);
        }
        return response;
      }
      case 'task.fulfill':
        return this.#fulfill(request);
      case 'task.release': {
        const task = this.#leave(request.data);
        if (task?.storing.size) await resultsStored(task);
        return this.#forward(request);
      }
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
    this.#tasks.set(id, {
      version,
      branch,
      known,
      early: new Map(),
      unsent: [],
      timer: null,
      storing: new Map(),
      refusal: null,
    });
    if (this.#tasks.size > MAX_TASKS) this.#forgetOne();
  }

  /** Forgets the oldest task without a running step. The SDK may have dropped it long ago. */
  #forgetOne(): void {
    for (const [id, { early, unsent, storing }] of this.#tasks) {
      if (early.size + unsent.length + storing.size > 0) continue;
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

  /** @returns the task; null if it is not held at this version. */
  #heldAt({ id, version }: { id: string; version: number }): HeldTask | null {
    const task = this.#tasks.get(id);
    return task?.version === version ? task : null;
  }

  /** Drops a task that the worker gives up. @returns the task; null if it is not held at this version. */
  #leave(named: { id: string; version: number }): HeldTask | null {
    const task = this.#heldAt(named);
    if (task) this.#drop(named.id);
    return task;
  }

  /**
   * Ends the workflow. Steps that are not sent yet travel in the request itself: the server stores all of it, or
   * nothing. If the request would be larger than the server accepts, they are stored first. If the server refuses them,
   * this method throws, because the SDK ignores the status of this answer. After the error the SDK releases the task.
   */
  async #fulfill(request: TaskFulfillReq): Promise<Response> {
    const { id } = request.data;
    const task = this.#heldAt(request.data);
    if (!task) return this.#forward(request);
    const steps = mayTravelWithEnd(task.unsent) ? task.unsent.splice(0) : [];
    this.#drop(id);
    const refusal = task.storing.size > 0 ? await resultsStored(task) : task.refusal;
    if (refusal) throw errorOf(refusal);
    if (steps.length === 0) return this.#forward(request);
    try {
      const response = await this.#forward(withSteps(request, steps));
      if (isSuccess(response)) return response;
      throw new Error(`the server refused to complete workflow ${id}: ${textOf(response.data)}`);
    } catch (error) {
      if (error instanceof RequestTooLarge) return this.#fulfillAfter(task, steps, request);
      // The next run stores each step before the end, so that its steps are not lost again.
      this.#stopCombining(id);
      throw error;
    }
  }

  /** Stores the steps, and then ends the workflow. */
  async #fulfillAfter(task: HeldTask, steps: EarlyCreate[], request: TaskFulfillReq): Promise<Response> {
    task.unsent.push(...steps);
    this.#flush(task);
    const refusal = await resultsStored(task);
    if (refusal) throw errorOf(refusal);
    return this.#forward(request);
  }

  async #fence(request: TaskFenceReq): Promise<Response> {
    const { id, action } = request.data;
    const task = this.#heldAt(request.data);
    if (!task) return this.#forward(request);
    if (task.refusal) return refused(request, task.refusal);
    if (action.kind === 'promise.settle') {
      const early = task.early.get(action.data.id);
      if (early) return this.#settle(task, request, action, early);
      this.#flush(task);
      return this.#forward(request);
    }
    const isCertain = isCertainCreate(action, task, this.#now());
    // Several creates may be held back together. But a result that is held back is sent now, because the next step, which
    // is this create, begins only after that result is stored.
    if (!isCertain || task.unsent.some(({ settle }) => settle)) this.#flush(task);
    if (task.storing.size > 0) {
      const refusal = await resultsStored(task);
      if (refusal) return refused(request, refusal);
      // The worker has given the task up meanwhile.
      if (this.#tasks.get(id) !== task) return this.#forward(request);
    }
    if (isCertain) return this.#answerCreate(task, request, action);
    task.known.add(action.data.id);
    return this.#forward(request);
  }

  #answerCreate(task: HeldTask, request: TaskFenceReq, { data }: PromiseCreateReq): Response {
    const record: PromiseRecord = {
      id: data.id,
      state: 'pending',
      param: data.param,
      value: {},
      tags: data.tags,
      timeoutAt: data.timeoutAt,
      createdAt: this.#now(),
    };
    const early: EarlyCreate = { request, record, outcome: null, settle: null };
    task.known.add(data.id);
    task.early.set(data.id, early);
    task.unsent.push(early);
    task.timer ??= setTimeout(() => this.#flush(task), HOLD_MS);
    return answered(request, record);
  }

  /** Settles a step whose create was answered early. Sends both together, unless the create was sent before. */
  async #settle(
    task: HeldTask,
    request: TaskFenceReq,
    { data: { state, value } }: PromiseSettleReq,
    early: EarlyCreate,
  ): Promise<Response> {
    task.early.delete(early.record.id);
    if (!early.outcome && isCertainResult(value, early.record, this.#now())) {
      const record = { ...early.record, state, value, settledAt: this.#now() };
      early.settle = { request, record };
      return answered(request, record);
    }
    this.#flush(task);
    return this.#sendSettle(request, early);
  }

  /** Sends a settle that was answered early. */
  #storeResult(task: HeldTask, early: EarlyCreate, { request, record }: NonNullable<EarlyCreate['settle']>): void {
    const stored = this.#sendSettle(request, early)
      .then(
        (response) => refusalIn(response, record),
        (error: unknown) => ({ error }),
      )
      .then((refusal) => {
        task.storing.delete(early);
        if (refusal) task.refusal ??= refusal;
        return refusal;
      });
    task.storing.set(early, stored);
  }

  async #sendSettle(request: TaskFenceReq, early: EarlyCreate): Promise<Response> {
    const settling = this.#forward(request);
    // The refusal of the create takes precedence, so ignore an error of the settle.
    settling.catch(() => {});
    const refusal = await early.outcome;
    if (refusal) return refused(request, refusal);
    const response = await settling;
    // The server may run two batches in parallel. If the settle arrived before its create, send it again.
    return isMissing(response) ? this.#forward(request) : response;
  }

  /** Sends the waiting creates in order, and the results that were answered early. */
  #flush(task: HeldTask): void {
    if (task.timer) clearTimeout(task.timer);
    task.timer = null;
    for (const early of task.unsent.splice(0)) {
      early.outcome = this.#create(task, early);
      if (early.settle) this.#storeResult(task, early, early.settle);
    }
  }

  async #create(task: HeldTask, { request, record }: EarlyCreate): Promise<Refusal | null> {
    const refusal = await this.#forward(request).then(
      (response) => refusalIn(response, record),
      (error: unknown) => ({ error }),
    );
    if (refusal) {
      task.refusal ??= refusal;
      if ('status' in refusal || refusal.error instanceof UnexpectedStatus) this.#stopCombining(request.data.id);
    }
    return refusal;
  }

  /**
   * Remembers that combined requests of this task failed: an early answer was wrong, or its end was not stored. If this
   * worker acquires the task again, its requests are forwarded unchanged.
   */
  #stopCombining(id: string): void {
    this.#plain.add(id);
    const [oldest] = this.#plain;
    if (this.#plain.size > MAX_PLAIN && oldest !== undefined) this.#plain.delete(oldest);
  }
}

/** Waits until the server has answered all settles that were answered early and sent. */
async function resultsStored(task: HeldTask): Promise<Refusal | null> {
  await Promise.all(task.storing.values());
  return task.refusal;
}
