import { describe, expect, test } from '@jest/globals';
import type { DeliveryOutcome } from '@resonate/machine';
import { modelOutbox, Random, ReferenceModel } from '@resonate/testkit';
import type { Dialect } from '../dialect.ts';
import { DeadLetters } from '../outbox/dead-letters.ts';
import type { Store } from '../store.ts';
import {
  FAR,
  openEmptied,
  outboxAs,
  promiseCreate,
  registerCallback,
  send,
  SERVER_URL,
  settle,
  storeOn,
  type DialectUnderTest,
} from './under-test.ts';

const STEPS = 300;
/** A run takes seconds on an idle machine. The limit is for a run that hangs, it is no measure of speed. */
const TIMEOUT_MS = 600_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** How long a claim lasts. */
const HOLD_MS = 3 * HOUR;

/** Operations name one of this many promises, those that were created last. */
const RECENT = 6;
const PROCESSES = ['one', 'two', 'three'];
const ADDRESSES = ['http://host/x', 'http://host/y', 'poll://any@group', 'poll://any@group/7', 'poll://uni@group/7'];
const QUEUES = [
  { transport: 'http', target: 'http://host' },
  { transport: 'poll', target: 'group' },
  { transport: 'poll', target: 'group/7' },
] as const;

/** After random operations, the outbox of the store equals that of the reference model. */
export function outboxConformance(under: DialectUnderTest): void {
  describe('the outbox', () => {
    let dialect: Dialect;
    let store: Store;
    openEmptied(under, (opened) => ({ dialect, store } = opened));

    const given = process.env['SEED'];
    const seeds = given ? [Number(given)] : [1, Math.floor(Date.now() / 1000)];
    test.each(seeds)(
      'equals that of the reference model after random operations (seed %i)',
      async (seed) => {
        const run = new Run(dialect, store, seed);
        try {
          for (let step = 0; step < STEPS; step++) await run.next();
        } catch (error) {
          const again = `SEED=${seed} npm test -- packages/store/src/dialects/${dialect.name} -t 'the outbox'`;
          throw new Error(`${String(error)}\n${run.history.slice(-12).join('\n')}\nrun it again: ${again}`, {
            cause: error,
          });
        } finally {
          run.end();
        }
        // A run in which few operations change anything would prove too little.
        if (seed === 1) expect(run.reached.size).toBeGreaterThanOrEqual(14);
      },
      TIMEOUT_MS,
    );
  });
}

type RequestName = 'create' | 'listen' | 'settle' | 'acquire' | 'giveBack' | 'suspend' | 'halt' | 'continue';

const WEIGHTS = {
  create: 10,
  listen: 6,
  settle: 9,
  acquire: 8,
  giveBack: 6,
  suspend: 4,
  halt: 2,
  continue: 3,
  claim: 14,
  deliver: 4,
  fail: 6,
  die: 3,
  renew: 5,
  release: 6,
  defer: 5,
  resume: 4,
  resumeOne: 4,
  deliverNow: 6,
  giveUpOld: 3,
  dropAbsent: 2,
  redrive: 5,
};

/**
 * Does the same to the store and to the model, and compares. Every due time is either long past or far away, so that it
 * does not matter that a database's clock advances within a step; the rules themselves see one time per step.
 */
class Run {
  readonly history: string[] = [];
  /** Which operations changed something. */
  readonly reached = new Set<string>();
  readonly #dialect: Dialect;
  readonly #store: Store;
  readonly #random: Random;
  readonly #model = new ReferenceModel({ serverUrl: SERVER_URL });
  readonly #letters: DeadLetters;
  readonly #clock: () => Promise<number>;
  readonly end: () => void;
  #now = 0;
  #steps = 0;
  /** When one of the claims was made. */
  #claimedAt = 0;
  #before = '';

  constructor(dialect: Dialect, store: Store, seed: number) {
    this.#dialect = dialect;
    this.#store = store;
    this.#random = new Random(seed);
    this.#letters = new DeadLetters(dialect, () => {});
    const now = dialect.now.bind(dialect);
    const rewrite = dialect.rewrite.bind(dialect);
    this.#clock = now;
    dialect.now = async () => this.#now;
    dialect.rewrite = (reads, decide) => rewrite(reads, (rows) => decide(rows, this.#now));
    this.end = () => Object.assign(dialect, { now, rewrite });
  }

  async next(): Promise<void> {
    this.#steps += 1;
    this.#now = await this.#clock();
    const operation = this.#random.weighted(WEIGHTS);
    this.history.push(`${this.#now} ${operation}`);
    await this.#do(operation);
    await this.#compare(operation);
  }

  async #compare(operation: string): Promise<void> {
    const { tasks, listeners } = await this.#dialect.dump();
    const rows = new Map<string, modelOutbox.WaitingMessage>();
    const add = (key: string, row: (typeof tasks | typeof listeners)[number]) => {
      const { dueAt, enqueuedAt, attempts, claimedBy, deferredBy } = row;
      if (dueAt !== null) rows.set(key, { dueAt, enqueuedAt, attempts, claimedBy, deferredBy });
    };
    for (const task of tasks) if (task.state === 'pending') add(modelOutbox.messageKey(task.id), task);
    for (const row of listeners) add(modelOutbox.messageKey(row.awaited, row.address), row);
    const letters = (await this.#letters.list({}, 1_000)).map((letter) => {
      const { awaited, address, attempts, lastError, enqueuedAt, diedAt } = letter;
      return { awaited, address, attempts, lastError, enqueuedAt, diedAt };
    });
    const context = this.#model.at(this.#now);
    const inOrder = (list: { awaited: string; address: string }[]) => list.map((each) => JSON.stringify(each)).sort();
    const got = { rows: Object.fromEntries(rows), letters: inOrder(letters) };
    const expected = {
      rows: Object.fromEntries(modelOutbox.waitingMessages(context)),
      letters: inOrder(context.state.letters.map(({ letter }) => letter)),
    };
    expect(got).toEqual(expected);
    const after = JSON.stringify(got);
    if (after !== this.#before) this.reached.add(operation);
    this.#before = after;
  }

  async #do(operation: keyof typeof WEIGHTS): Promise<void> {
    const random = this.#random;
    const id = this.#id();
    const task = this.#model.at(this.#now).state.tasks.get(id);
    const version = (task?.version ?? 0) + (random.chance(0.1) ? 1 : 0);
    switch (operation) {
      case 'create':
        return this.#create(random.chance(0.9) ? `p${this.#steps}` : id);
      case 'listen':
        return this.#request('promise.register_listener', { awaited: id, address: random.pick(ADDRESSES) });
      case 'settle':
        return this.#request('promise.settle', settle(id));
      case 'acquire':
        return this.#request('task.acquire', { id, version, pid: 'w', ttl: HOUR });
      case 'giveBack':
        return this.#request('task.release', { id, version });
      case 'suspend':
        return this.#request('task.suspend', { id, version, actions: [registerCallback(id, `${id}.child`)] });
      case 'halt':
        return this.#request('task.halt', { id });
      case 'continue':
        await this.#request('task.halt', { id });
        return this.#request('task.continue', { id });
      default:
        return this.#deliver(operation);
    }
  }

  /** One of those that were created last. */
  #id(): string {
    const created = [...this.#model.at(this.#now).state.promises.keys()].filter((id) => !id.endsWith('.child'));
    return created.length === 0 ? 'none' : this.#random.pick(created.slice(-RECENT));
  }

  /** Some are delayed, some have expired already. */
  async #create(id: string): Promise<void> {
    const { random, now } = { random: this.#random, now: this.#now };
    const tags: Record<string, string> = random.chance(0.8) ? { 'resonate:target': random.pick(ADDRESSES) } : {};
    if (random.chance(0.3)) tags['resonate:delay'] = String(now + random.pick([-5 * MINUTE, 3 * HOUR]));
    const timeoutAt = random.chance(0.9) ? FAR : now - MINUTE;
    await this.#request('promise.create', promiseCreate(`${id}.child`));
    await this.#request('promise.create', promiseCreate(id, tags, timeoutAt));
    const address = random.pick(ADDRESSES);
    if (random.chance(0.6)) await this.#request('promise.register_listener', { awaited: id, address });
    if (random.chance(0.3)) await this.#request('promise.settle', settle(`${id}.child`));
  }

  /**
   * Many requests get a time long ago, so that messages have different ages. A `task.release` always gets one, so that
   * its backoff (less than a minute) is over by now.
   */
  async #request(kind: string, data: unknown): Promise<void> {
    const isPast = kind === 'task.release' || this.#random.chance(0.5);
    const now = isPast ? this.#now - this.#random.pick([2 * HOUR, 10 * MINUTE]) : this.#now;
    const expected = this.#model.handle(kind, data, now);
    const got = await send(this.#store, kind, data, now);
    this.history.push(`  at ${now}: ${kind} ${JSON.stringify(data)} -> ${got.status}`);
    expect(got.status).toBe(expected.status);
  }

  async #deliver(operation: Exclude<keyof typeof WEIGHTS, RequestName>): Promise<void> {
    const { random, now } = { random: this.#random, now: this.#now };
    const context = this.#model.at(now);
    const queue = random.pick(QUEUES);
    const by = random.pick(PROCESSES);
    const note = (what: unknown) => this.history.push(`  ${JSON.stringify(what)}`);
    note({ queue, by });
    switch (operation) {
      case 'claim':
        return this.#claim(queue, by);
      case 'deliver':
      case 'fail':
      case 'die':
      case 'renew':
        return this.#report(operation);
      case 'release': {
        const holders = random.chance(0.15) ? null : [by];
        const only = random.chance(0.3) ? { only: 'deferred' as const } : {};
        const dueFrom = this.#claimedAt + HOLD_MS;
        const since = random.chance(0.3) ? { since: { transport: queue.transport, dueFrom } } : {};
        note({ holders, only, since });
        await outboxAs(this.#dialect).release({ processIds: holders && new Set(holders), ...only, ...since });
        modelOutbox.release(context, holders, { ...only, ...since });
        return;
      }
      case 'defer':
        await storeOn(this.#dialect, by).queues.defer(queue, HOUR);
        modelOutbox.defer(context, queue, by, HOUR);
        return;
      case 'resume':
        await storeOn(this.#dialect, by).queues.resume(queue, HOUR);
        modelOutbox.resume(context, queue, HOUR);
        return;
      case 'resumeOne': {
        const before = await this.#dueTimes();
        await storeOn(this.#dialect, by).queues.resumeOne(queue, HOUR);
        const after = await this.#dueTimes();
        const changed = [...after].find(([key, dueAt]) => before.get(key) !== dueAt)?.[0];
        modelOutbox.resumeOne(context, queue, HOUR, changed);
        return;
      }
      case 'deliverNow': {
        const id = this.#id();
        await outboxAs(this.#dialect).deliverNow(id, HOUR);
        modelOutbox.deliverNow(context, id, HOUR);
        return;
      }
      case 'giveUpOld':
        await this.#letters.deadLetterAged(queue.transport, HOUR, 'too old');
        modelOutbox.giveUpOld(context, queue.transport, HOUR, 'too old');
        return;
      case 'dropAbsent':
        await this.#letters.dropAbsent(HOUR);
        modelOutbox.dropAbsent(context, HOUR);
        return;
      case 'redrive': {
        const letters = (await this.#letters.list({}, 100)).filter(() => random.chance(0.5));
        await this.#letters.redrive({ ids: letters.map((letter) => letter.id) });
        const keys = letters.map(({ awaited, address }) => modelOutbox.messageKey(awaited, address));
        modelOutbox.redrive(context, keys);
        return;
      }
    }
  }

  async #claim(queue: (typeof QUEUES)[number], by: string): Promise<void> {
    const random = this.#random;
    const [limit, holdMs] = [random.pick([1, 2, 100]), random.pick([0, HOLD_MS, HOLD_MS])];
    const [preferred, graceMs] = [random.pick([[], ['7'], ['8']]), random.pick([0, HOUR])];
    const { transport, target } = queue;
    const claim = { transport, targets: [{ target, limit }], preferred, graceMs };
    const { executes, unblocks } = await outboxAs(this.#dialect, by, holdMs).claim(claim);
    const got = [
      ...executes.map(({ id }) => modelOutbox.messageKey(id)),
      ...unblocks.map(({ listener }) => modelOutbox.messageKey(listener.awaited, listener.address)),
    ];
    this.history.push(`  ${JSON.stringify({ ...claim, by, holdMs, got })}`);
    modelOutbox.claim(this.#model.at(this.#now), { ...queue, limit, preferred, graceMs, by, holdMs }, got);
    if (random.chance(0.5)) this.#claimedAt = this.#now;
  }

  /** Mostly of a message that is claimed, and by the process that claimed it. */
  async #report(what: 'deliver' | 'fail' | 'die' | 'renew'): Promise<void> {
    const { random, now } = { random: this.#random, now: this.#now };
    const context = this.#model.at(now);
    const { tasks, listeners } = await this.#dialect.dump();
    const messages = [...(what === 'fail' ? tasks : []), ...listeners];
    const claimed = messages.filter(({ claimedBy }) => claimedBy !== null);
    const from = claimed.length > 0 && random.chance(0.9) ? claimed : messages;
    if (from.length === 0) return;
    const message = from[random.int(0, from.length - 1)]!;
    const by = random.chance(0.85) ? (message.claimedBy ?? 'one') : random.pick(PROCESSES);
    const dueAt = now + random.pick([-1, 45 * MINUTE, 3 * HOUR]);
    this.history.push(`  ${JSON.stringify({ what, message, by, dueAt })}`);
    const acknowledge = (outcome: DeliveryOutcome) => outboxAs(this.#dialect, by).acknowledge([outcome]);
    if ('id' in message) {
      const version = message.version + (random.chance(0.1) ? 1 : 0);
      await acknowledge({ kind: 'execute', id: message.id, version, delivered: false, dueAt });
      modelOutbox.failed(context, modelOutbox.messageKey(message.id), by, dueAt, version);
      return;
    }
    const { awaited, address } = message;
    const unblock = { kind: 'unblock', awaited, address } as const;
    const key = modelOutbox.messageKey(awaited, address);
    switch (what) {
      case 'deliver':
        await acknowledge({ ...unblock, delivered: true });
        modelOutbox.delivered(context, key, by);
        return;
      case 'fail':
        await acknowledge({ ...unblock, delivered: false, dueAt });
        modelOutbox.failed(context, key, by, dueAt);
        return;
      case 'die':
        await acknowledge({ ...unblock, delivered: false, deadLetterError: 'it broke' });
        modelOutbox.died(context, key, by, 'it broke');
        return;
      case 'renew':
        await outboxAs(this.#dialect, by, HOLD_MS).renew([{ awaited, address }]);
        modelOutbox.renew(context, key, by, now + HOLD_MS);
        return;
    }
  }

  async #dueTimes(): Promise<Map<string, number | null>> {
    const { tasks, listeners } = await this.#dialect.dump();
    return new Map([
      ...tasks.map(({ id, dueAt }) => [modelOutbox.messageKey(id), dueAt] as const),
      ...listeners.map(({ awaited, address, dueAt }) => [modelOutbox.messageKey(awaited, address), dueAt] as const),
    ]);
  }
}
