import type { PromiseRow, TaskRow } from '@resonate/machine';
import type { PromiseState, StringMap, TaskState } from '@resonate/protocol';
import { scatteredId } from '../scattered-id.ts';

export const MIDDLE = '80000000';

const CREATED_AT = Date.UTC(2026, 0, 1);
const YEAR_MS = 365 * 86_400_000;
const TARGET = 'poll://any@workers';
const RARE = 10;

/** A pseudo-random number for each `n`, the same in every run. */
function scattered(n: number, salt: number): number {
  let x = Math.imul(n + 1, 0x9e3779b1) ^ Math.imul(salt + 1, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Of 1,000 promises 100 are pending, 10 rejected, 1 canceled, 10 timed out, and the others resolved. */
function stateOf(n: number, tags: StringMap): PromiseState {
  const part = scattered(n, 1) % 1_000;
  // Nightly runs ended long ago, except for the last ones.
  if (tags['resonate:schedule'] === 'nightly') return part === 0 ? 'pending' : 'resolved';
  if (part < 100) return 'pending';
  if (part < 110) return 'rejected';
  if (part < 111) return 'rejected_canceled';
  return part < 121 ? 'rejected_timedout' : 'resolved';
}

/** Every lineage tag has one value that a tenth of all promises share, and many values that ten promises share. */
function tagsOf(n: number): StringMap {
  const group = Math.floor(n / RARE);
  const lineage = (name: string) => (scattered(n, name.length) % 10 === 0 ? `${name}.big` : `${name}.${group}`);
  const env = scattered(n, 2) % 1_000;
  const tags: StringMap = {
    'resonate:origin': lineage('origin'),
    'resonate:branch': lineage('branch'),
    'resonate:parent': lineage('parent'),
    customer: `customer.${group}`,
    env: env === 0 ? 'dev' : env < 100 ? 'staging' : 'prod',
  };
  if (n % 10 === 0) tags['resonate:schedule'] = 'nightly';
  else if (n % 10 === 1) tags['resonate:schedule'] = `schedule.${Math.floor(n / 100)}`;
  if (n % 10 < 6) tags['resonate:target'] = TARGET;
  return tags;
}

export function promiseOf(n: number, now: number): PromiseRow {
  const tags = tagsOf(n);
  const state = stateOf(n, tags);
  const createdAt = CREATED_AT + n;
  const value = { headers: {}, data: btoa(`{"result":${n}}`) };
  return {
    id: scatteredId(n),
    state,
    param: { headers: {}, data: btoa(`{"func":"work","args":[${n}],"version":1}`) },
    value: state === 'pending' ? {} : value,
    tags,
    timeoutAt: now + YEAR_MS + n,
    createdAt,
    settledAt: state === 'pending' ? null : createdAt + 1_000,
  };
}

/** Of 1,000 tasks of pending promises 10 are pending, 10 acquired, 1 halted, and the others suspended. */
export function taskOf(promise: PromiseRow, n: number): TaskRow | null {
  if (promise.tags['resonate:target'] === undefined) return null;
  const part = scattered(n, 3) % 1_000;
  const unsettled: TaskState = part < 10 ? 'pending' : part < 20 ? 'acquired' : part === 20 ? 'halted' : 'suspended';
  const state = promise.state === 'pending' ? unsettled : 'fulfilled';
  const isHeld = state === 'acquired';
  return {
    id: promise.id,
    state,
    version: 1,
    resumes: 0,
    setbacks: 0,
    pid: isHeld ? 'worker' : null,
    ttl: isHeld ? 60_000 : null,
    timeoutAt: promise.timeoutAt,
    dueAt: isHeld || state === 'pending' ? promise.timeoutAt : null,
    address: TARGET,
    transport: 'poll',
    target: 'workers',
    prefers: null,
    enqueuedAt: null,
    attempts: 0,
    claimedBy: null,
    deferredBy: null,
  };
}
