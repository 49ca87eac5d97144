import type { Reply } from '@resonate/protocol';
import { debugReset, debugSnap, debugStartOrStop, debugTick } from './model/background.ts';
import { Fields } from './model/fields.ts';
import * as promises from './model/promises.ts';
import * as schedules from './model/schedules.ts';
import { type Context, copyState, emptyState, type ModelState, Refusal } from './model/state.ts';
import * as tasks from './model/tasks.ts';

type Operation = (context: Context, data: Fields) => unknown;

const OPERATIONS = new Map<string, Operation>(
  Object.entries({
    'promise.get': promises.promiseGet,
    'promise.create': promises.promiseCreate,
    'promise.settle': promises.promiseSettle,
    'promise.register_callback': promises.promiseRegisterCallback,
    'promise.register_listener': promises.promiseRegisterListener,
    'promise.search': promises.promiseSearch,
    'task.get': tasks.taskGet,
    'task.create': tasks.taskCreate,
    'task.acquire': tasks.taskAcquire,
    'task.release': tasks.taskRelease,
    'task.fulfill': tasks.taskFulfill,
    'task.fence': tasks.taskFence,
    'task.heartbeat': tasks.taskHeartbeat,
    'task.halt': tasks.taskHalt,
    'task.continue': tasks.taskContinue,
    'task.search': tasks.taskSearch,
    'schedule.get': schedules.scheduleGet,
    'schedule.create': schedules.scheduleCreate,
    'schedule.update': schedules.scheduleUpdate,
    'schedule.delete': schedules.scheduleDelete,
    'schedule.pause': schedules.schedulePause,
    'schedule.resume': schedules.scheduleResume,
    'schedule.trigger': schedules.scheduleTrigger,
    'schedule.preview': schedules.schedulePreview,
    'schedule.search': schedules.scheduleSearch,
    'debug.start': debugStartOrStop,
    'debug.stop': debugStartOrStop,
    'debug.reset': debugReset,
    'debug.snap': debugSnap,
    'debug.tick': debugTick,
  }),
);

export interface ReferenceModelOptions {
  /** How long a pending task waits before `execute` is sent again. */
  retryTimeoutMs?: number;
  /** The URL of the server in `execute` messages. */
  serverUrl?: string;
  /**
   * `small` (default): the answer to a fence has the whole branch while the branch is small. `own`: it has only the
   * promise that the fence acted on, as over WebSockets.
   */
  fencePreload?: 'small' | 'own';
}

/**
 * The expected behaviour for the project's tests: a simple implementation of the protocol's sections 2 to 7, checked
 * against the recorded traffic. It shares no code with the real state machine.
 */
export class ReferenceModel {
  readonly #options: Required<ReferenceModelOptions>;
  #state: ModelState = emptyState();

  constructor(options: ReferenceModelOptions = {}) {
    this.#options = { retryTimeoutMs: 30_000, serverUrl: '', fencePreload: 'small', ...options };
  }

  /** Answers one request at `now` (epoch ms). It answers an invalid request with an error, and does not throw. */
  handle(kind: string, data: unknown, now: number): Reply {
    const context = this.at(now);
    try {
      // The only kind with two statuses of success.
      if (kind === 'task.suspend') return tasks.taskSuspend(context, new Fields(data));
      const operation = OPERATIONS.get(kind);
      if (!operation) throw new Refusal(400, `unknown kind ${kind}`);
      return { status: 200, data: operation(context, new Fields(data)) };
    } catch (error) {
      if (error instanceof Refusal) return { status: error.status, data: error.message };
      throw error;
    }
  }

  /** The argument of the functions in `model/outbox.ts`: the state at `now` (epoch ms). */
  at(now: number): Context {
    return { state: this.#state, now, ...this.#options };
  }

  /** An independent copy: changes of one do not affect the other. */
  clone(): ReferenceModel {
    const copy = new ReferenceModel(this.#options);
    copy.#state = copyState(this.#state);
    return copy;
  }

  /** A text that is the same for equal states. It leaves out timers and the outbox, which requests cannot see. */
  fingerprint(): string {
    const { promises, tasks, schedules, callbacks, listeners } = this.#state;
    const ofTasks = [...tasks.values()].map(({ id, state, version, resumes, pid, ttl }) => {
      return JSON.stringify([id, state, version, [...resumes].sort(), pid, ttl]);
    });
    return [
      [...promises.values()].map(textOf),
      ofTasks,
      [...schedules.values()].map((schedule) => JSON.stringify(schedule)),
      callbacks.map(({ awaited, awaiter }) => JSON.stringify([awaited, awaiter])),
      listeners.map(({ id, address }) => JSON.stringify([id, address])),
    ]
      .map((part) => part.sort().join('\n'))
      .join('\n\n');
  }
}

/** Cached, because a check of a history needs the text of the same record thousands of times. */
const TEXTS = new WeakMap<object, string>();

function textOf(record: object): string {
  const text = TEXTS.get(record) ?? JSON.stringify(record);
  TEXTS.set(record, text);
  return text;
}
