import type { PromiseOutcome, TaskRow, WaitingPromise, Waits } from '@resonate/store';
import { followChain } from './chain.ts';
import type { Facts, ProcessFacts } from './facts.ts';
import { why } from './why.ts';

/** Rows in memory, and a diagnosis of them. */

export const NOW = Date.UTC(2026, 0, 31, 12, 0, 0);
export const MINUTE = 60_000;
export const NEVER = 32_503_680_000_000;

export function task(fields: Partial<TaskRow> = {}): TaskRow {
  return {
    id: 'x',
    state: 'pending',
    version: 0,
    resumes: 0,
    pid: null,
    ttl: null,
    timeoutAt: NEVER,
    setbacks: 0,
    dueAt: NOW,
    address: 'poll://any@g',
    transport: 'poll',
    target: 'g',
    prefers: null,
    enqueuedAt: NOW,
    attempts: 0,
    claimedBy: null,
    deferredBy: null,
    ...fields,
  };
}

export function promise(id: string, fields: Partial<WaitingPromise> = {}): WaitingPromise {
  return {
    id,
    state: 'pending',
    createdAt: NOW - MINUTE,
    settledAt: null,
    timeoutAt: NEVER,
    isTimer: false,
    function: undefined,
    branch: null,
    task: null,
    ...fields,
  };
}

const WORKERS = { group: 'g', count: 2 };

export function process(fields: Partial<ProcessFacts> = {}, stats: Partial<ProcessFacts['stats']> = {}): ProcessFacts {
  return {
    role: 'all',
    startedAt: NOW - 10 * MINUTE,
    heartbeatAt: NOW,
    isAlive: true,
    leader: true,
    stats: {
      ...{ requests: 0, errors: 0, settled: 0, delivered: 0, failed: 0, waiting: 0, times: [] },
      streams: [WORKERS],
      transports: ['poll', 'http'],
      ...stats,
    },
    ...fields,
  };
}

export interface World {
  promises: WaitingPromise[];
  /** The awaited promises of each awaiter. */
  awaits?: Record<string, string[]>;
  outcomes?: Record<string, Partial<PromiseOutcome>>;
  processes?: ProcessFacts[];
  prefix?: string;
}

export async function whyIn(world: World, id = 'a') {
  const { promises, awaits = {}, outcomes = {}, processes = [process()], prefix = '' } = world;
  const find = (wanted: string) => promises.find((one) => one.id === wanted);
  const reads: string[] = [];
  const chain = await followChain(id, {
    maySee: (other) => other.startsWith(prefix),
    async waits(one, limit): Promise<Waits | null> {
      reads.push(one);
      const found = find(one);
      const all = (awaits[one] ?? []).flatMap((other) => find(other) ?? []);
      return found ? { promise: found, awaits: all.slice(0, limit), more: all.length > limit } : null;
    },
    outcome: async (one) => ({
      error: undefined,
      failed: [],
      listeners: [],
      deadLetters: [],
      ...outcomes[one],
    }),
  });
  if (!chain) throw new Error(`no promise ${id}`);
  const facts: Facts = { now: NOW, chain, processes, retryTimeoutMs: 30_000, prefix };
  return { ...why(facts), reads };
}
