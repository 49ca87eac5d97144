import { CATCH_UP_POLICIES, OVERLAP_POLICIES } from '@resonate/protocol';
import type { Draft } from './draft.ts';
import { VALID } from './valid.ts';

/**
 * Short sequences that random requests would rarely form. They lead to a request exactly when a promise times out or a
 * schedule runs. A step is made when it is due, so it can use the answers to the steps before it.
 */

export interface Step {
  /** Epoch ms, if the step must happen at a certain time. */
  at?: number;
  make: (draft: Draft) => { kind: string; data: Record<string, unknown> };
}

export function pickScenario(draft: Draft): Step[] {
  if (draft.random.chance(0.65)) return expiryOfAwaited(draft);
  return draft.random.chance(0.5) ? firstOccurrence(draft) : overlappingRuns(draft);
}

/** A task waits for a promise that has expired. The first request that names this promise is of a random kind. */
function expiryOfAwaited(draft: Draft): Step[] {
  const { random } = draft;
  const [awaited, awaiter] = [draft.freshId(), draft.freshId()];
  const timeoutAt = draft.now + random.pick([500, 5_000, 20_000]);
  const target = random.chance(0.6) ? { 'resonate:target': draft.target() } : {};
  const timer = random.chance(0.2) ? { 'resonate:timer': 'true' } : {};
  const callback = { awaited, awaiter };
  const register: Step = { make: () => ({ kind: 'promise.register_callback', data: callback }) };
  const suspend: Step = {
    make: () => {
      const actions = [{ kind: 'promise.register_callback', head: {}, data: callback }];
      return { kind: 'task.suspend', data: { id: awaiter, version: 1, actions } };
    },
  };
  const halt: Step = { make: () => ({ kind: 'task.halt', data: { id: awaiter } }) };
  const wait = random.pick([[suspend], [suspend], [register], [register, halt]]);
  return [
    { make: () => ({ kind: 'promise.create', data: { id: awaited, timeoutAt, tags: { ...target, ...timer } } }) },
    { make: () => ({ kind: 'task.create', data: ownTask(draft, awaiter) }) },
    ...wait,
    { at: timeoutAt + random.pick([0, 1, 100]), make: () => random.pick(NAMING)(draft, awaited) },
  ];
}

function ownTask(draft: Draft, id: string): Record<string, unknown> {
  const data = { id, timeoutAt: draft.now + 1_000_000_000, tags: { 'resonate:target': draft.target() } };
  return { pid: draft.pid(), ttl: 600_000, action: { kind: 'promise.create', head: {}, data } };
}

type Naming = (draft: Draft, id: string) => { kind: string; data: Record<string, unknown> };

/** Requests of every kind that names a promise, with the promise in every possible role. */
const NAMING: readonly Naming[] = [
  (_, id) => ({ kind: 'promise.get', data: { id } }),
  (draft, id) => ({ kind: 'promise.create', data: { id, timeoutAt: draft.now + 5_000 } }),
  (draft, id) => ({ kind: 'promise.settle', data: draft.settlement(id) }),
  (draft, id) => ({ kind: 'promise.register_listener', data: { awaited: id, address: draft.address() } }),
  (draft, id) => {
    const awaiter = draft.but(id, () => draft.taskId('suspended', 'acquired'));
    return { kind: 'promise.register_callback', data: { awaited: id, awaiter } };
  },
  (draft, id) => {
    const awaited = draft.but(id, () => draft.pendingId());
    return { kind: 'promise.register_callback', data: { awaited, awaiter: id } };
  },
  (_, id) => ({ kind: 'task.get', data: { id } }),
  (draft, id) => ({ kind: 'task.create', data: ownTask(draft, id) }),
  (draft, id) => ({ kind: 'task.acquire', data: { id, version: 0, pid: draft.pid(), ttl: 60_000 } }),
  (_, id) => ({ kind: 'task.release', data: { id, version: 0 } }),
  (draft, id) => {
    const action = { kind: 'promise.settle', head: {}, data: draft.settlement(id) };
    return { kind: 'task.fulfill', data: { id, version: 0, action } };
  },
  (draft, id) => {
    const { id: owner, version } = draft.versioned();
    const data = { awaited: id, awaiter: owner };
    if (owner === id) return { kind: 'task.get', data: { id } };
    return {
      kind: 'task.suspend',
      data: { id: owner, version, actions: [{ kind: 'promise.register_callback', data }] },
    };
  },
  (draft, id) => {
    const { id: owner, version } = draft.versioned();
    if (owner === id) return { kind: 'promise.get', data: { id } };
    return {
      kind: 'task.fence',
      data: { id: owner, version, action: { kind: 'promise.settle', data: draft.settlement(id) } },
    };
  },
  (_, id) => ({ kind: 'task.heartbeat', data: { pid: 'p1', tasks: [{ id, version: 1 }] } }),
  (_, id) => ({ kind: 'task.halt', data: { id } }),
  (_, id) => ({ kind: 'task.continue', data: { id } }),
];

/** A tick exactly at the time of an occurrence. */
function firstOccurrence(draft: Draft): Step[] {
  const id = draft.scheduleId();
  const at = (Math.floor(draft.now / 10_000) + 1) * 10_000;
  return [
    { make: () => ({ kind: 'schedule.delete', data: { id } }) },
    {
      make: () => ({
        kind: 'schedule.create',
        data: { ...VALID['schedule.create'](draft), id, cron: '*/10 * * * * *' },
      }),
    },
    { at, make: () => ({ kind: 'debug.tick', data: { time: at } }) },
    { make: () => ({ kind: 'schedule.get', data: { id } }) },
  ];
}

/** Runs whose previous run is often pending. Ticks or triggers start them, some late, some around a pause. */
function overlappingRuns(draft: Draft): Step[] {
  const { random } = draft;
  const id = draft.scheduleId();
  const naming = (kind: string, at?: number): Step => ({
    ...(at !== undefined && { at }),
    make: () => ({ kind, data: { id } }),
  });
  // The clock may already be later, and it never goes back.
  const tick = (at: number): Step => ({ at, make: ({ now }) => ({ kind: 'debug.tick', data: { time: now } }) });
  const first = (Math.floor(draft.now / 10_000) + 1) * 10_000;
  const late = first + random.pick([10_000, 25_000, 30_000, 75_000, 200_000]);
  const data = {
    ...VALID['schedule.create'](draft),
    id,
    cron: random.pick(['*/10 * * * * *', '*/30 * * * * *', '* * * * *']),
    promiseTimeout: random.pick([5_000, 20_000, 3_600_000]),
    overlap: random.pick([...OVERLAP_POLICIES, 'skip', 'skip', 'skip']),
    catchUp: random.pick(CATCH_UP_POLICIES),
  };
  const twice = [naming('schedule.trigger', first + 1), naming('schedule.trigger', first + 2)];
  const changed: Step = {
    make: () => ({ kind: 'schedule.update', data: { ...data, cron: '*/20 * * * * *', overlap: 'cancel' } }),
  };
  const meanwhile = random.pick([
    [],
    ...[twice, twice, twice, twice],
    [naming('schedule.pause')],
    [naming('schedule.pause'), naming('schedule.resume')],
    [changed],
    [naming('schedule.pause'), changed, naming('schedule.resume')],
  ]);
  return [
    naming('schedule.delete'),
    { make: () => ({ kind: 'schedule.create', data }) },
    tick(first),
    ...meanwhile,
    ...[late, late, late + 10_000].map(tick),
    naming(random.pick(['schedule.trigger', 'schedule.resume', 'schedule.get'])),
    tick(late + 40_000),
    naming('schedule.preview'),
  ];
}
