import { describe, expect, test } from '@jest/globals';
import { executeMessage, unblockMessage } from '@resonate/protocol';
import { checkInvariants, INVARIANTS, type Snap, STEP_INVARIANTS } from './invariants.ts';
import { ReferenceModel } from './reference-model.ts';
import { readTraces } from './trace-replay.ts';

const target = { 'resonate:target': 'poll://any@g' };

/** One promise and task in every state, with callbacks, listeners and messages between them. */
function makeSnap(): Snap {
  const model = new ReferenceModel();
  const send = (kind: string, data: object) => {
    const reply = model.handle(kind, data, 1_000);
    if (reply.status !== 200) throw new Error(`${kind}: ${reply.status} ${String(reply.data)}`);
    return reply.data;
  };
  const wait = (awaited: string, awaiter: string) => ({
    kind: 'promise.register_callback',
    data: { awaited, awaiter },
  });
  for (const id of ['acquired', 'halted', 'pending', 'suspended']) {
    send('promise.create', { id, timeoutAt: 9_000, tags: target });
  }
  send('promise.create', { id: 'fulfilled', timeoutAt: 500, tags: target });
  for (const id of ['plain', 'settled']) send('promise.create', { id, timeoutAt: 9_000 });
  send('promise.register_listener', { awaited: 'settled', address: 'poll://any@l' });
  send('promise.register_listener', { awaited: 'plain', address: 'poll://any@l' });
  send('promise.settle', { id: 'settled', state: 'resolved', value: { data: 'x' } });
  for (const id of ['acquired', 'suspended']) send('task.acquire', { id, version: 0, pid: 'p', ttl: 60_000 });
  send('task.suspend', { id: 'suspended', version: 1, actions: [wait('plain', 'suspended')] });
  send('task.halt', { id: 'halted' });
  return send('debug.snap', {}) as Snap;
}

function find<T extends { id: string }>(records: T[], id: string): T {
  const found = records.find((record) => record.id === id);
  if (!found) throw new Error(`no ${id}`);
  return found;
}

/** For each invariant, ways to break it. */
const BREAKS: Record<string, ((snap: Snap) => unknown)[]> = {
  'ids are unique and sorted by bytes': [
    (snap) => snap.promises.reverse(),
    (snap) => snap.tasks.push({ ...find(snap.tasks, 'suspended') }),
  ],
  'only a settled promise has settledAt and a value': [
    (snap) => (find(snap.promises, 'plain').settledAt = 1_000),
    (snap) => delete find(snap.promises, 'settled').settledAt,
    (snap) => (find(snap.promises, 'plain').value = { data: 'x' }),
  ],
  'times of a promise are in order': [
    (snap) => (find(snap.promises, 'settled').settledAt = 999),
    (snap) => (find(snap.promises, 'settled').settledAt = 9_001),
    (snap) => (find(snap.promises, 'plain').createdAt = 9_001),
  ],
  'a timed out promise shows it': [
    (snap) => (find(snap.promises, 'settled').state = 'rejected_timedout'),
    (snap) => (find(snap.promises, 'fulfilled').state = 'resolved'),
    (snap) => (find(snap.promises, 'fulfilled').value = { data: 'x' }),
    (snap) => (find(snap.promises, 'fulfilled').tags = { ...target, 'resonate:timer': 'true' }),
  ],
  'exactly the promises with a target have a task': [
    (snap) => snap.tasks.shift(),
    (snap) => (find(snap.promises, 'plain').tags = target),
    (snap) => (find(snap.promises, 'pending').tags = {}),
  ],
  'a task is fulfilled exactly when its promise is settled': [
    (snap) => (find(snap.tasks, 'fulfilled').state = 'halted'),
    (snap) => (find(snap.tasks, 'halted').state = 'fulfilled'),
  ],
  'exactly acquired tasks have pid and ttl': [
    (snap) => delete find(snap.tasks, 'acquired').pid,
    (snap) => delete find(snap.tasks, 'acquired').ttl,
    (snap) => (find(snap.tasks, 'pending').pid = 'p'),
  ],
  'an acquired task has been acquired before': [(snap) => (find(snap.tasks, 'acquired').version = 0)],
  'suspended and fulfilled tasks have no resumes': [
    (snap) => (find(snap.tasks, 'suspended').resumes = 1),
    (snap) => (find(snap.tasks, 'fulfilled').resumes = 1),
  ],
  'a task has exactly the timer of its state': [
    (snap) => snap.taskTimeouts.shift(),
    (snap) => (find(snap.taskTimeouts, 'acquired').type = 0),
    (snap) => snap.taskTimeouts.push({ id: 'suspended', type: 0, timeout: 1 }),
    (snap) => snap.taskTimeouts.push({ id: 'unknown', type: 0, timeout: 1 }),
  ],
  'exactly pending promises have a timeout, their own': [
    (snap) => snap.promiseTimeouts.shift(),
    (snap) => (find(snap.promiseTimeouts, 'plain').timeout += 1),
    (snap) => snap.promiseTimeouts.push({ id: 'settled', timeout: 9_000 }),
  ],
  'callbacks are from living tasks on pending promises': [
    (snap) => snap.callbacks.push({ awaited: 'settled', awaiter: 'suspended' }),
    (snap) => snap.callbacks.push({ awaited: 'plain', awaiter: 'fulfilled' }),
    (snap) => snap.callbacks.push({ awaited: 'suspended', awaiter: 'plain' }),
    (snap) => snap.callbacks.push({ awaited: 'suspended', awaiter: 'suspended' }),
    (snap) => snap.callbacks.push({ ...snap.callbacks[0]! }),
  ],
  'a suspended task waits for a pending promise': [(snap) => snap.callbacks.shift()],
  'listeners are on pending promises': [
    (snap) => snap.listeners.push({ id: 'settled', address: 'poll://any@l' }),
    (snap) => snap.listeners.push({ ...snap.listeners[0]! }),
  ],
  'execute messages are one per pending task': [
    (snap) => snap.messages.push({ address: 'poll://any@g', message: executeMessage('', 'pending', 0) }),
    (snap) => snap.messages.push({ address: 'poll://any@g', message: executeMessage('', 'halted', 0) }),
    (snap) => (find(snap.tasks, 'pending').version = 1),
  ],
  'unblock messages are one per promise and address': [
    (snap) => snap.messages.push(snap.messages.find(({ message }) => message.kind === 'unblock')!),
    (snap) => snap.messages.push({ address: 'poll://any@l', message: unblockMessage(find(snap.promises, 'plain')) }),
  ],
  'promises and tasks never vanish': [
    (snap) => (snap.promises = snap.promises.filter(({ id }) => id !== 'plain')),
    (snap) => (snap.tasks = snap.tasks.filter(({ id }) => id !== 'halted')),
  ],
  'what a promise was created with never changes': [
    (snap) => (find(snap.promises, 'plain').param = { data: 'x' }),
    (snap) => (find(snap.promises, 'plain').timeoutAt += 1),
  ],
  'a settled promise never changes': [
    (snap) => (find(snap.promises, 'settled').value = { data: 'y' }),
    (snap) => (find(snap.promises, 'settled').state = 'pending'),
  ],
  'versions never decrease': [(snap) => (find(snap.tasks, 'acquired').version -= 1)],
  'a fulfilled task never changes': [(snap) => (find(snap.tasks, 'fulfilled').version += 1)],
  'an owner changes only with the version': [(snap) => (find(snap.tasks, 'acquired').pid = 'other')],
};

describe('invariants', () => {
  test('hold for a state with rows of every kind, and for the same state as its own successor', () => {
    expect(checkInvariants(makeSnap(), makeSnap())).toEqual([]);
  });

  const cases = Object.entries(BREAKS).flatMap(([name, breaks]) =>
    breaks.map((change, index) => ({ name, index, change })),
  );

  test.each(cases)('"$name" is reported when it is broken ($index)', ({ name, change }) => {
    const broken = makeSnap();
    change(broken);
    expect(checkInvariants(broken, makeSnap()).map(({ invariant }) => invariant)).toContain(name);
  });

  test('are all covered by these cases', () => {
    const names = [...INVARIANTS, ...STEP_INVARIANTS].map(({ name }) => name);
    expect(Object.keys(BREAKS).sort()).toEqual(names.sort());
  });

  test('hold in every recorded state of the public server', () => {
    // Its lists have no order, and its outbox keeps messages that have become obsolete.
    const ours = ['ids are unique and sorted by bytes', 'execute messages are one per pending task'];
    const broken = readTraces().flatMap(({ name, lines }) => {
      let previous: Snap | undefined;
      return lines.flatMap(({ kind, res }, index) => {
        if (kind !== 'debug.snap') return [];
        const faults = checkInvariants(res.data as Snap, previous).filter(({ invariant }) => !ours.includes(invariant));
        previous = res.data as Snap;
        return faults.map(({ invariant, fault }) => `${name}:${index + 1} ${invariant}: ${fault}`);
      });
    });
    expect(broken).toEqual([]);
  });
});
