import type { Message, PromiseRecord, TaskRecord } from '@resonate/protocol';

/**
 * Rules that hold in every state, for one `debug.snap` or for two that were taken one after the other. They do not use
 * the reference model. Each snap must directly follow a tick with the same time.
 */

export interface Snap {
  promises: PromiseRecord[];
  promiseTimeouts: { id: string; timeout: number }[];
  callbacks: { awaiter: string; awaited: string }[];
  listeners: { id: string; address: string }[];
  tasks: TaskRecord[];
  /** type 0: when `execute` is sent again; type 1: when the lease ends. */
  taskTimeouts: { id: string; type: number; timeout: number }[];
  messages: { address: string; message: Message }[];
}

export interface BrokenInvariant {
  invariant: string;
  /** The section of the protocol. */
  section: string;
  fault: string;
}

interface Invariant {
  name: string;
  section: string;
  /** @returns what is wrong; empty if the rule holds. */
  check: (snap: Snap) => string[];
}

interface StepInvariant {
  name: string;
  section: string;
  check: (before: Snap, after: Snap) => string[];
}

/** @returns every invariant that `snap` breaks, alone or as the successor of `previous` (without a reset in between). */
export function checkInvariants(snap: Snap, previous?: Snap): BrokenInvariant[] {
  const broken = INVARIANTS.flatMap(({ name, section, check }) => {
    return check(snap).map((fault) => ({ invariant: name, section, fault }));
  });
  if (!previous) return broken;
  const brokenBySteps = STEP_INVARIANTS.flatMap(({ name, section, check }) => {
    return check(previous, snap).map((fault) => ({ invariant: name, section, fault }));
  });
  return [...broken, ...brokenBySteps];
}

export const INVARIANTS: readonly Invariant[] = [
  { name: 'ids are unique and sorted by bytes', section: '5 debug.snap', check: idsAreUniqueAndSorted },
  { name: 'only a settled promise has settledAt and a value', section: '2', check: settledFieldsFitState },
  { name: 'times of a promise are in order', section: '4', check: timesAreInOrder },
  { name: 'a timed out promise shows it', section: '4', check: timeoutShowsInState },
  { name: 'exactly the promises with a target have a task', section: '2', check: targetsHaveTasks },
  { name: 'a task is fulfilled exactly when its promise is settled', section: '7', check: fulfilledWithPromise },
  { name: 'exactly acquired tasks have pid and ttl', section: '2', check: ownerOnlyWhileAcquired },
  { name: 'an acquired task has been acquired before', section: '5 task.acquire', check: acquiredHasVersion },
  {
    name: 'suspended and fulfilled tasks have no resumes',
    section: '5 task.suspend, 7',
    check: idleTasksHaveNoResumes,
  },
  { name: 'a task has exactly the timer of its state', section: '7', check: oneTimerByState },
  { name: 'exactly pending promises have a timeout, their own', section: '4', check: pendingPromisesHaveTimeout },
  { name: 'callbacks are from living tasks on pending promises', section: '7', check: callbacksAreAlive },
  { name: 'a suspended task waits for a pending promise', section: '5 task.suspend', check: suspendedTaskWaits },
  { name: 'listeners are on pending promises', section: '7', check: listenersAreAlive },
  { name: 'execute messages are one per pending task', section: '6', check: executesAreForPendingTasks },
  { name: 'unblock messages are one per promise and address', section: '6', check: unblocksAreForSettledPromises },
];

export const STEP_INVARIANTS: readonly StepInvariant[] = [
  { name: 'promises and tasks never vanish', section: '2', check: nothingVanishes },
  { name: 'what a promise was created with never changes', section: '2', check: creationIsImmutable },
  { name: 'a settled promise never changes', section: '5 promise.settle', check: settledIsFinal },
  { name: 'versions never decrease', section: '5 task.acquire', check: versionsNeverDecrease },
  { name: 'a fulfilled task never changes', section: '7', check: fulfilledIsFinal },
  { name: 'an owner changes only with the version', section: '5 task.acquire', check: ownerChangesWithVersion },
];

function idsAreUniqueAndSorted(snap: Snap): string[] {
  const keys: Record<string, string[]> = {
    promises: snap.promises.map(({ id }) => id),
    tasks: snap.tasks.map(({ id }) => id),
    promiseTimeouts: snap.promiseTimeouts.map(({ id }) => id),
    taskTimeouts: snap.taskTimeouts.map(({ id }) => id),
  };
  return Object.entries(keys).flatMap(([list, ids]) => {
    return ids.slice(1).flatMap((id, index) => {
      const isAfter = Buffer.compare(Buffer.from(ids[index]!), Buffer.from(id)) < 0;
      return isAfter ? [] : [`${list}: ${id} comes after ${ids[index]}`];
    });
  });
}

function settledFieldsFitState({ promises }: Snap): string[] {
  return promises.flatMap((promise) => {
    const isPending = promise.state === 'pending';
    const faults: string[] = [];
    if (isPending === (promise.settledAt !== undefined))
      faults.push(`${promise.id} is ${promise.state}, settledAt ${promise.settledAt}`);
    if (isPending && Object.keys(promise.value).length > 0) faults.push(`${promise.id} is pending and has a value`);
    return faults;
  });
}

function timesAreInOrder({ promises }: Snap): string[] {
  return promises.flatMap(({ id, createdAt, settledAt = createdAt, timeoutAt }) => {
    return createdAt <= settledAt && settledAt <= timeoutAt ? [] : [`${id}: ${createdAt}, ${settledAt}, ${timeoutAt}`];
  });
}

/** Before its timeout anyone may settle a promise. At its timeout only the server settles it. */
function timeoutShowsInState({ promises }: Snap): string[] {
  return promises.flatMap(({ id, state, tags, value, settledAt, timeoutAt }) => {
    if (state === 'rejected_timedout' && settledAt !== timeoutAt) return [`${id} timed out before its time`];
    if (settledAt !== timeoutAt) return [];
    const expected = tags['resonate:timer'] === 'true' ? 'resolved' : 'rejected_timedout';
    if (state !== expected) return [`${id} is ${state} by timeout, not ${expected}`];
    return Object.keys(value).length > 0 ? [`${id} has a value by timeout`] : [];
  });
}

function targetsHaveTasks({ promises, tasks }: Snap): string[] {
  const targets = new Set(promises.filter(({ tags }) => tags['resonate:target'] !== undefined).map(({ id }) => id));
  const taskIds = new Set(tasks.map(({ id }) => id));
  const without = [...targets].filter((id) => !taskIds.has(id)).map((id) => `${id} has a target and no task`);
  const strays = [...taskIds]
    .filter((id) => !targets.has(id))
    .map((id) => `${id} is a task without a promise with a target`);
  return [...without, ...strays];
}

function fulfilledWithPromise({ promises, tasks }: Snap): string[] {
  const pending = pendingIds(promises);
  return tasks
    .filter(({ id, state }) => (state === 'fulfilled') === pending.has(id))
    .map(({ id, state }) => `task ${id} is ${state}, its promise is ${pending.has(id) ? 'pending' : 'settled'}`);
}

function ownerOnlyWhileAcquired({ tasks }: Snap): string[] {
  return tasks
    .filter(({ state, pid, ttl }) => {
      const isOwned = state === 'acquired';
      return isOwned !== (pid !== undefined) || isOwned !== (ttl !== undefined);
    })
    .map(({ id, state, pid, ttl }) => `${id} is ${state}, pid ${pid}, ttl ${ttl}`);
}

function acquiredHasVersion({ tasks }: Snap): string[] {
  return tasks
    .filter(({ state, version }) => state === 'acquired' && version < 1)
    .map(({ id }) => `${id} has version 0`);
}

function idleTasksHaveNoResumes({ tasks }: Snap): string[] {
  return tasks
    .filter(({ state, resumes }) => (state === 'suspended' || state === 'fulfilled') && resumes !== 0)
    .map(({ id, state, resumes }) => `${id} is ${state} with ${resumes} resumes`);
}

function oneTimerByState({ tasks, taskTimeouts }: Snap): string[] {
  const wanted: Partial<Record<TaskRecord['state'], number>> = { pending: 0, acquired: 1 };
  const strays = taskTimeouts.filter(({ id }) => !tasks.some((task) => task.id === id));
  const faults = tasks.flatMap(({ id, state }) => {
    const types = taskTimeouts.filter((timer) => timer.id === id).map(({ type }) => type);
    const expected = wanted[state] === undefined ? [] : [wanted[state]];
    return types.join() === expected.join() ? [] : [`${id} is ${state} with timers of type [${types.join()}]`];
  });
  return [...faults, ...strays.map(({ id }) => `${id} has a timer and no task`)];
}

function pendingPromisesHaveTimeout({ promises, promiseTimeouts }: Snap): string[] {
  const expected = promises
    .filter(({ state }) => state === 'pending')
    .map(({ id, timeoutAt }) => `${id} at ${timeoutAt}`);
  const found = promiseTimeouts.map(({ id, timeout }) => `${id} at ${timeout}`);
  return [
    ...expected.filter((timer) => !found.includes(timer)).map((timer) => `no timeout for ${timer}`),
    ...found.filter((timer) => !expected.includes(timer)).map((timer) => `a timeout for ${timer}`),
  ];
}

function callbacksAreAlive({ promises, tasks, callbacks }: Snap): string[] {
  const pending = pendingIds(promises);
  const taskIds = new Set(tasks.map(({ id }) => id));
  const faults = callbacks.flatMap(({ awaited, awaiter }) => {
    const pair = `${awaiter} waits for ${awaited}`;
    if (awaited === awaiter) return [`${pair}: itself`];
    if (!pending.has(awaited)) return [`${pair}: not pending`];
    return pending.has(awaiter) && taskIds.has(awaiter) ? [] : [`${pair}: no living task`];
  });
  return [...faults, ...duplicates(callbacks.map(({ awaited, awaiter }) => `${awaiter} waits for ${awaited}`))];
}

function suspendedTaskWaits({ tasks, callbacks }: Snap): string[] {
  return tasks
    .filter(({ id, state }) => state === 'suspended' && !callbacks.some(({ awaiter }) => awaiter === id))
    .map(({ id }) => `${id} waits for nothing: it would never resume`);
}

function listenersAreAlive({ promises, listeners }: Snap): string[] {
  const pending = pendingIds(promises);
  const names = listeners.map(({ id, address }) => `${address} listens to ${id}`);
  return [...names.filter((_, index) => !pending.has(listeners[index]!.id)), ...duplicates(names)];
}

function executesAreForPendingTasks({ tasks, messages }: Snap): string[] {
  const executes = messages.flatMap(({ message }) => (message.kind === 'execute' ? [message.data.task] : []));
  const faults = executes
    .filter(({ id, version }) => {
      return !tasks.some((task) => task.id === id && task.state === 'pending' && task.version === version);
    })
    .map(({ id, version }) => `${id} is not pending at version ${version}`);
  return [...faults, ...duplicates(executes.map(({ id }) => id))];
}

function unblocksAreForSettledPromises({ promises, messages }: Snap): string[] {
  const settled = new Map(promises.filter(({ state }) => state !== 'pending').map((promise) => [promise.id, promise]));
  const names: string[] = [];
  const faults = messages.flatMap(({ address, message }) => {
    if (message.kind !== 'unblock') return [];
    const { id, state } = message.data.promise;
    names.push(`${id} to ${address}`);
    return settled.get(id)?.state === state ? [] : [`${id} is told as ${state}, but is ${settled.get(id)?.state}`];
  });
  return [...faults, ...duplicates(names)];
}

function nothingVanishes(before: Snap, after: Snap): string[] {
  const promises = byId(after.promises);
  const tasks = byId(after.tasks);
  return [
    ...before.promises.filter(({ id }) => !promises.has(id)).map(({ id }) => `promise ${id} is gone`),
    ...before.tasks.filter(({ id }) => !tasks.has(id)).map(({ id }) => `task ${id} is gone`),
  ];
}

function creationIsImmutable(before: Snap, after: Snap): string[] {
  const created = ({ id, param, tags, timeoutAt, createdAt }: PromiseRecord) =>
    canonical({ id, param, tags, timeoutAt, createdAt });
  return changed(before.promises, after.promises, (was, is) => created(was) !== created(is));
}

function settledIsFinal(before: Snap, after: Snap): string[] {
  return changed(
    before.promises,
    after.promises,
    (was, is) => was.state !== 'pending' && canonical(was) !== canonical(is),
  );
}

function versionsNeverDecrease(before: Snap, after: Snap): string[] {
  return changed(before.tasks, after.tasks, (was, is) => is.version < was.version);
}

function fulfilledIsFinal(before: Snap, after: Snap): string[] {
  return changed(before.tasks, after.tasks, (was, is) => was.state === 'fulfilled' && canonical(was) !== canonical(is));
}

/** If two workers held the same version, both would believe that they own the lease. */
function ownerChangesWithVersion(before: Snap, after: Snap): string[] {
  return changed(before.tasks, after.tasks, (was, is) => {
    const areOwned = was.state === 'acquired' && is.state === 'acquired';
    return areOwned && was.version === is.version && was.pid !== is.pid;
  });
}

function changed<T extends { id: string }>(before: T[], after: T[], isWrong: (was: T, is: T) => boolean): string[] {
  const now = byId(after);
  return before.flatMap((was) => {
    const is = now.get(was.id);
    return is && isWrong(was, is) ? [`${canonical(was)} became ${canonical(is)}`] : [];
  });
}

function byId<T extends { id: string }>(records: T[]): Map<string, T> {
  return new Map(records.map((record) => [record.id, record]));
}

function pendingIds(promises: PromiseRecord[]): Set<string> {
  return new Set(promises.filter(({ state }) => state === 'pending').map(({ id }) => id));
}

function duplicates(names: string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name}: twice`);
}

/** As JSON, with sorted keys. */
function canonical(json: unknown): string {
  return JSON.stringify(json, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
