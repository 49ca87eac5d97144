import { setTimeout as pause } from 'node:timers/promises';
import type { Message, PromiseRecord, Reply, TaskRecord } from '@resonate/protocol';
import type { Random } from '@resonate/testkit';
import type { ApiClient, Call } from '../api-client.ts';
import type { LeaseEvent } from '../checks/leases.ts';
import type { Excuse } from '../excuse.ts';
import type { Findings } from '../findings.ts';

const CREATE_EVERY_MS = 350;
const MAX_OPEN = 60;
const MAX_HANDLED_AT_ONCE = 40;
const TEN_YEARS_MS = 315_360_000_000;

/**
 * The message of a new job must be pushed within this time, even if processes die. It is less than tasks.retry_timeout
 * (30 s), after which a lost message is sent again anyway. Missed heartbeats and an election take 10 s together.
 */
const PUSHED_WITHIN_MS = 28_000;
/** If the answer to a claim was lost between database and dispatcher, the message is sent again after tasks.retry_timeout. */
const PUSHED_AGAIN_WITHIN_MS = 30_000 + PUSHED_WITHIN_MS;

/** What a holder does with its lease, with weights. */
const PLANS = { fulfil: 50, heartbeat: 14, overstay: 12, release: 8, suspend: 12, vanish: 4 };

interface Held {
  id: string;
  version: number;
  ttlMs: number;
  holder: string;
  client: ApiClient;
}

/**
 * Tasks whose `execute` messages are pushed over HTTP. Their holders race for them, send heartbeats, exceed the lease, release
 * the task, wait for other promises or disappear. Leases take a second or two. Every request about a lease is recorded.
 */
export class Jobs {
  readonly events: LeaseEvent[] = [];
  readonly #random: Random;
  readonly #connect: () => ApiClient;
  readonly #findings: Findings;
  readonly #excuse: Excuse;
  readonly #stopping: AbortSignal;
  /** The created jobs that are not known to be fulfilled yet. */
  readonly #open = new Set<string>();
  /** By job, the value of the fulfill that got a 200. */
  readonly #fulfilled = new Map<string, string>();
  /** By job, when its creation was answered and when its first message arrived (epoch ms). */
  readonly #createdAt = new Map<string, number>();
  readonly #pushedAt = new Map<string, number>();
  /** The jobs with a listener, and those whose listener was notified. */
  readonly #listened = new Set<string>();
  readonly #heard = new Set<string>();
  readonly #handled = new Set<Promise<void>>();
  /** Requests that are repeated until they succeed: creating jobs, and settling the promises that they wait for. */
  readonly #errands = new Set<Promise<void>>();
  #created = 0;
  #holders = 0;

  /** @param stopping aborts all requests in flight at the end of the run. */
  constructor(
    options: { random: Random; connect: () => ApiClient; findings: Findings; excuse: Excuse },
    stopping: AbortSignal,
  ) {
    this.#random = options.random;
    this.#connect = options.connect;
    this.#findings = options.findings;
    this.#excuse = options.excuse;
    this.#stopping = stopping;
  }

  /** Creates jobs. @param target the URL to which their messages are pushed. */
  async run(target: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#open.size < MAX_OPEN) {
        const id = `job.${++this.#created}`;
        this.#open.add(id);
        const data = { id, timeoutAt: Date.now() + TEN_YEARS_MS, tags: { 'resonate:target': target } };
        this.#insist('promise.create', data, 0, () => {
          this.#createdAt.set(id, Date.now());
          this.#listen(id, target);
        });
      } else {
        await this.#look([...this.#open].slice(0, 5));
      }
      await pause(CREATE_EVERY_MS);
    }
  }

  /** Receives a pushed message. @returns the status of the answer. */
  pushed(message: Message): number {
    if (this.#random.chance(0.05)) return 500;
    if (message.kind === 'unblock') this.#heard.add(message.data.promise.id);
    if (message.kind !== 'execute') return 200;
    const { id } = message.data.task;
    if (!this.#pushedAt.has(id)) this.#pushedAt.set(id, Date.now());
    this.#findings.count('pushes');
    if (this.#handled.size >= MAX_HANDLED_AT_ONCE) return 200;
    const handled = this.#handle(message.data.task).finally(() => this.#handled.delete(handled));
    this.#handled.add(handled);
    return 200;
  }

  /** Waits for requests in flight. @returns the jobs that are not done; empty if there are none. */
  async unfinished(): Promise<string> {
    await Promise.all([...this.#errands, ...this.#handled]);
    await this.#look([...this.#open]);
    return [...this.#open].slice(0, 20).join();
  }

  /** Checks that the result of every job is the one that its holder got a 200 for. */
  async check(client: ApiClient): Promise<void> {
    this.#checkLatencies();
    this.#checkListeners();
    for (let n = 1; n <= this.#created; n++) {
      const id = `job.${n}`;
      const promise = promiseOf(await client.insist('promise.get', { id }, this.#stopping));
      const told = this.#fulfilled.get(id);
      if (promise?.state !== 'resolved') this.#findings.violation('jobs', `${id} is ${promise?.state ?? 'missing'}`);
      else if (told !== undefined && promise.value.data !== told) {
        this.#findings.violation(
          'jobs',
          `${id} has the value of ${promise.value.data}, but ${told} was told it had done it`,
        );
      } else this.#findings.count('jobs done');
    }
  }

  #listen(id: string, address: string): void {
    this.#insist('promise.register_listener', { awaited: id, address }, 0, (reply) => {
      if (promiseOf(reply)?.state === 'pending') this.#listened.add(id);
    });
  }

  /** Checks that every listener that was registered in time was notified. */
  #checkListeners(): void {
    for (const id of this.#listened) {
      if (this.#heard.has(id)) this.#findings.count('unblocks heard');
      else this.#findings.violation('delivery', `nobody was told that ${id} is over`);
    }
  }

  /** Checks the times from a job's creation to its first message. */
  #checkLatencies(): void {
    const latencies = [...this.#createdAt].map(([id, createdAt]) => {
      const pushedAt = this.#pushedAt.get(id) ?? Infinity;
      const ms = Math.max(0, pushedAt - createdAt);
      const allowedMs = this.#excuse.wasValid(createdAt, pushedAt) ? PUSHED_AGAIN_WITHIN_MS : PUSHED_WITHIN_MS;
      if (ms > allowedMs) this.#findings.violation('delivery', `${id} was pushed ${ms} ms after its creation`);
      if (ms > PUSHED_WITHIN_MS) this.#findings.count('jobs pushed after tasks.retry_timeout only');
      return ms;
    });
    latencies.sort((a, b) => a - b);
    this.#findings.count('push ms at most', latencies.at(-1) ?? 0);
    this.#findings.count('push ms in 99 %', latencies[Math.floor(latencies.length * 0.99)] ?? 0);
    this.#findings.count('push ms in 50 %', latencies[Math.floor(latencies.length * 0.5)] ?? 0);
  }

  async #handle({ id, version }: { id: string; version: number }): Promise<void> {
    const rivals = this.#random.chance(0.4) ? 2 : 1;
    const clients = Array.from({ length: rivals }, () => this.#connect());
    try {
      const held = await Promise.all(clients.map((client) => this.#acquire(client, id, version)));
      await Promise.all(held.filter((lease) => lease !== null).map((lease) => this.#hold(lease)));
    } finally {
      for (const client of clients) client.close();
    }
  }

  async #acquire(client: ApiClient, id: string, version: number): Promise<Held | null> {
    const holder = `holder-${++this.#holders}`;
    const ttlMs = this.#random.int(700, 2_000);
    const call = await client.call('task.acquire', { id, version, pid: holder, ttl: ttlMs });
    const task = call.reply?.status === 200 ? (call.reply.data as { task: TaskRecord }).task : undefined;
    const granted = task ? { granted: { version: task.version, ttlMs } } : {};
    this.#record('acquire', { id, version, holder }, call, granted);
    if (call.reply?.status === 404) this.#findings.violation('jobs', `${id} was pushed and does not exist`);
    return task ? { id, version: task.version, ttlMs, holder, client } : null;
  }

  async #hold(lease: Held): Promise<void> {
    const plan = this.#random.weighted(PLANS);
    this.#findings.count(`holders ${plan}`);
    switch (plan) {
      case 'fulfil':
        return this.#fulfil(lease);
      case 'heartbeat':
        for (let beats = this.#random.int(1, 4); beats > 0; beats--) {
          await pause(lease.ttlMs / 2);
          const tasks = [{ id: lease.id, version: lease.version }];
          this.#record('heartbeat', lease, await lease.client.call('task.heartbeat', { pid: lease.holder, tasks }));
        }
        return this.#fulfil(lease);
      case 'overstay':
        await pause(lease.ttlMs + this.#random.int(-200, 1_500));
        return this.#fulfil(lease);
      case 'release': {
        const data = { id: lease.id, version: lease.version };
        this.#record('release', lease, await lease.client.call('task.release', data));
        return;
      }
      case 'suspend':
        return this.#suspend(lease);
      case 'vanish':
        return;
    }
  }

  async #fulfil(lease: Held): Promise<void> {
    const { id, version, holder, client } = lease;
    const settlement = { id, state: 'resolved', value: { data: holder } };
    const call = await client.call('task.fulfill', {
      id,
      version,
      action: { kind: 'promise.settle', data: settlement },
    });
    this.#record('fulfill', lease, call);
    if (call.reply?.status === 200) {
      this.#fulfilled.set(id, holder);
      this.#open.delete(id);
    }
  }

  /** Creates a promise under the lease and waits for it. Another client settles it. */
  async #suspend(lease: Held): Promise<void> {
    const { id, version, client } = lease;
    const child = `${id}.${version}`;
    const creation = { id: child, timeoutAt: Date.now() + TEN_YEARS_MS, tags: {} };
    const fenced = await client.call('task.fence', { id, version, action: { kind: 'promise.create', data: creation } });
    this.#record('fence', lease, fenced);
    this.#insist('promise.settle', { id: child, state: 'resolved', value: {} }, this.#random.int(0, 1_500));
    const actions = [{ kind: 'promise.register_callback', data: { awaited: child, awaiter: id } }];
    this.#record('suspend', lease, await client.call('task.suspend', { id, version, actions }));
  }

  /** Forgets the open jobs that are settled, although their holder got no answer. */
  async #look(ids: readonly string[]): Promise<void> {
    const client = this.#connect();
    for (const id of ids) {
      const { reply } = await client.call('promise.get', { id });
      if ((promiseOf(reply)?.state ?? 'pending') !== 'pending') this.#open.delete(id);
    }
    client.close();
  }

  #insist(kind: string, data: unknown, afterMs = 0, done: (reply?: Reply) => void = () => undefined): void {
    const client = this.#connect();
    const errand = pause(afterMs)
      .then(() => client.insist(kind, data, this.#stopping))
      .then((reply) => {
        done(reply);
        client.close();
        this.#errands.delete(errand);
      });
    this.#errands.add(errand);
  }

  #record(
    kind: LeaseEvent['kind'],
    { id, version, holder }: Pick<LeaseEvent, 'id' | 'version' | 'holder'>,
    { outcome, reply, sentAt, answeredAt }: Call,
    granted: Pick<LeaseEvent, 'granted'> = {},
  ): void {
    if (outcome === 'refused') return;
    const status = reply ? { status: reply.status } : {};
    this.events.push({ kind, id, version, holder, sentAt, answeredAt, ...status, ...granted });
  }
}

function promiseOf(reply: Reply | undefined): PromiseRecord | undefined {
  return reply?.status === 200 ? (reply.data as { promise: PromiseRecord }).promise : undefined;
}
