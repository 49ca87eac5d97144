import { CATCH_UP_POLICIES, OVERLAP_POLICIES, PROMISE_STATES, TASK_STATES } from '@resonate/protocol';
import type { Draft } from './draft.ts';

type Data = Record<string, unknown>;

const CRONS = ['* * * * *', '*/10 * * * * *', '*/30 * * * * *', '15 10 * * 1-5', '0 0 1 1 *', '*/2 0-5 * * *'];
const TIMEZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'];
const PROMISE_IDS = ['fire-{{.id}}-{{.timestamp}}', '{{.id}}.{{.timestamp}}', '{{.timestamp}}{{.id}}{{.id}}'];

/** `data` of a request that keeps the rules of protocol section 3, one function per kind. */
export const VALID = {
  'promise.get': (draft: Draft): Data => ({ id: draft.promiseId() }),

  'promise.create': (draft: Draft): Data =>
    draft.newPromise(draft.newId(), { hasTarget: draft.random.chance(0.7), mayDelay: true }),

  'promise.settle': (draft: Draft): Data => draft.settlement(draft.pendingId()),

  'promise.register_callback': (draft: Draft): Data => {
    const awaiter = draft.taskId('suspended', 'pending', 'acquired', 'halted');
    return { awaited: draft.but(awaiter, () => draft.promiseId()), awaiter };
  },

  'promise.register_listener': (draft: Draft): Data => ({ awaited: draft.promiseId(), address: draft.address() }),

  'promise.search': (draft: Draft): Data => {
    const data = draft.page('promise.search');
    if (draft.random.chance(0.4)) data['state'] = draft.random.pick(PROMISE_STATES);
    if (draft.random.chance(0.5)) data['tags'] = promiseTags(draft);
    return data;
  },

  'task.get': (draft: Draft): Data => ({ id: draft.taskId('suspended', 'pending', 'acquired', 'halted') }),

  'task.create': (draft: Draft): Data => {
    const id = draft.random.chance(0.5) ? draft.newId() : draft.taskId('pending');
    const data = draft.newPromise(id, { hasTarget: true, mayDelay: false });
    return { pid: draft.pid(), ttl: draft.ttl(), action: { kind: 'promise.create', head: {}, data } };
  },

  'task.acquire': (draft: Draft): Data => {
    const id = draft.taskId('pending');
    return { id, version: draft.version(id), pid: draft.pid(), ttl: draft.ttl() };
  },

  'task.release': (draft: Draft): Data => draft.versioned(),

  'task.fulfill': (draft: Draft): Data => {
    const task = draft.versioned();
    const action = { kind: 'promise.settle', head: {}, data: draft.settlement(task.id) };
    if (draft.random.chance(0.7)) return { ...task, action };
    const steps = Array.from({ length: draft.random.int(0, 2) }, () => {
      const id = draft.random.chance(0.8) ? draft.newId() : draft.pendingId();
      const create = draft.newPromise(id, { hasTarget: draft.random.chance(0.2), mayDelay: true });
      return { create, settle: draft.settlement(id) };
    });
    return { ...task, action, steps };
  },

  'task.suspend': (draft: Draft): Data => {
    const task = draft.versioned();
    const awaiteds = Array.from({ length: draft.random.int(1, 3) }, () => draft.but(task.id, () => draft.pendingId()));
    if (draft.random.chance(0.15)) awaiteds.push(awaiteds[0]!);
    const actions = awaiteds.map((awaited) => {
      return { kind: 'promise.register_callback', head: {}, data: { awaited, awaiter: task.id } };
    });
    return { ...task, actions };
  },

  'task.fence': (draft: Draft): Data => {
    const task = draft.versioned();
    const isSettle = draft.random.chance(0.5);
    const other = draft.but(task.id, () => (isSettle ? draft.pendingId() : draft.newId()));
    const action = isSettle
      ? { kind: 'promise.settle', head: {}, data: draft.settlement(other) }
      : {
          kind: 'promise.create',
          head: { corrId: 'c', version: '2026-04-01' },
          data: draft.newPromise(other, { hasTarget: draft.random.chance(0.5), mayDelay: true }),
        };
    return { ...task, action };
  },

  'task.heartbeat': (draft: Draft): Data => {
    const tasks = Array.from({ length: draft.random.int(0, 4) }, () => draft.versioned());
    return { pid: draft.pid(tasks[0]?.id), tasks };
  },

  'task.halt': (draft: Draft): Data => ({ id: draft.taskId('suspended', 'pending', 'acquired', 'halted') }),

  'task.continue': (draft: Draft): Data => ({ id: draft.taskId('halted') }),

  'task.search': (draft: Draft): Data => {
    const data = draft.page('task.search');
    if (draft.random.chance(0.5)) data['state'] = draft.random.pick(TASK_STATES);
    return data;
  },

  'schedule.get': (draft: Draft): Data => ({ id: draft.scheduleId() }),

  'schedule.create': schedule,

  'schedule.update': schedule,

  'schedule.delete': (draft: Draft): Data => ({ id: draft.scheduleId() }),

  'schedule.pause': (draft: Draft): Data => ({ id: draft.scheduleId() }),

  'schedule.resume': (draft: Draft): Data => ({ id: draft.scheduleId() }),

  'schedule.trigger': (draft: Draft): Data => ({ id: draft.scheduleId() }),

  'schedule.preview': (draft: Draft): Data => ({
    id: draft.scheduleId(),
    ...(draft.random.chance(0.5) && { limit: draft.random.int(1, 5) }),
  }),

  'schedule.search': (draft: Draft): Data => {
    const data = draft.page('schedule.search');
    if (draft.random.chance(0.3)) data['tags'] = draft.userTags();
    return data;
  },

  'debug.tick': (draft: Draft): Data => ({ time: draft.now }),

  'debug.snap': (): Data => ({}),
} as const;

export type GeneratedKind = keyof typeof VALID;

function schedule(draft: Draft): Data {
  const { random } = draft;
  const data: Data = {
    id: draft.scheduleId(),
    cron: random.pick(CRONS),
    promiseId: random.chance(0.9) ? random.pick(PROMISE_IDS) : draft.anyId(),
    promiseTimeout: random.pick([0, 1, 5_000, 60_000, 3_600_000]),
  };
  if (random.chance(0.8)) data['promiseParam'] = draft.value();
  if (random.chance(0.9)) {
    const target = random.chance(0.7) ? { 'resonate:target': draft.target() } : {};
    const timer = random.chance(0.1) ? { 'resonate:timer': 'true' } : {};
    data['promiseTags'] = { ...target, ...timer, ...(random.chance(0.4) ? draft.userTags() : {}) };
  }
  if (random.chance(0.3)) data['timezone'] = random.pick(TIMEZONES);
  if (random.chance(0.6)) data['overlap'] = random.pick(OVERLAP_POLICIES);
  if (random.chance(0.4)) data['catchUp'] = random.pick(CATCH_UP_POLICIES);
  return data;
}

function promiseTags(draft: Draft): Record<string, string> {
  return draft.random.pick([
    { 'resonate:origin': draft.anyId() },
    { 'resonate:branch': draft.anyId() },
    { 'resonate:target': draft.target() },
    { 'resonate:schedule': draft.scheduleId() },
    { 'resonate:timer': 'true' },
    draft.userTags(),
    {},
  ]);
}
