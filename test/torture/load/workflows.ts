import { setTimeout as pause } from 'node:timers/promises';
import type { PromiseRecord } from '@resonate/protocol';
import type { Random } from '@resonate/testkit';
import { decoded, encoded, startClient, type Client } from '../../sdk/client.ts';
import { journeyResult } from '../../sdk/workers/functions.ts';
import type { ApiClient } from '../api-client.ts';
import { GROUP, SDK } from '../cluster.ts';
import type { Findings } from '../findings.ts';

const START_EVERY_MS = 500;
const MAX_OPEN = 15;
const LOOK_EVERY_MS = 1_000;
const ANSWER = 'yes';

interface Kind {
  /** The function of test/sdk/workers and its arguments. */
  call(random: Random): { name: string; args: number[] };
  /** Whether this is a correct result of the workflow. */
  isRight(result: unknown, args: number[]): boolean;
}

const KINDS: Record<string, Kind> = {
  /** Steps, a call, a sleep, another call. */
  journey: {
    call: (random) => ({ name: 'journey', args: [random.int(0, 1_000)] }),
    isRight: (result, [n = 0]) => result === journeyResult(n),
  },
  fanOut: {
    call: (random) => ({ name: 'fanOut', args: [random.int(3, 12)] }),
    isRight: (result, [width = 0]) => result === (width * (width + 1) * (2 * width + 1)) / 6,
  },
  countDown: {
    call: (random) => ({ name: 'countDown', args: [random.int(2, 5)] }),
    isRight: (result, [n]) => result === n,
  },
  sleepFor: {
    call: (random) => ({ name: 'sleepFor', args: [random.int(100, 3_000)] }),
    isRight: (result, [ms = 0]) => Number(result) >= ms - 1,
  },
  /** Waits for a promise that is settled from outside. */
  askOutside: {
    call: () => ({ name: 'askOutside', args: [] }),
    isRight: (result) => result === `outside said ${ANSWER}`,
  },
};

interface Workflow {
  id: string;
  kind: Kind;
  args: number[];
}

/** Workflows of the official SDK, which are started at random apis and run by the workers. */
export class Workflows {
  readonly #random: Random;
  readonly #clients: readonly Client[];
  readonly #looker: ApiClient;
  readonly #findings: Findings;
  readonly #stopping: AbortSignal;
  readonly #open = new Map<string, Workflow>();
  #begun = 0;

  private constructor(clients: readonly Client[], options: WorkflowOptions, stopping: AbortSignal) {
    this.#clients = clients;
    this.#random = options.random;
    this.#looker = options.looker;
    this.#findings = options.findings;
    this.#stopping = stopping;
  }

  static async connect(
    apiUrls: readonly string[],
    options: WorkflowOptions,
    stopping: AbortSignal,
  ): Promise<Workflows> {
    const clients = await Promise.all(apiUrls.map((url) => startClient({ sdk: SDK, url, workers: GROUP })));
    return new Workflows(clients, options, stopping);
  }

  /** Starts workflows until `signal` is aborted. Open ones are watched until `stopping` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#open.size < MAX_OPEN) this.#begin();
      await pause(START_EVERY_MS);
    }
  }

  /** Records completed workflows, and settles the promises that workflows wait for, until `stopping` is aborted. */
  async lookAfter(): Promise<void> {
    while (!this.#stopping.aborted) {
      for (const workflow of [...this.#open.values()]) await this.#look(workflow);
      await this.#answerQuestions();
      await pause(LOOK_EVERY_MS);
    }
  }

  /** The open workflows with their arguments. Empty if there are none. */
  unfinished(): string {
    return [...this.#open.values()].map(({ id, args }) => `${id} (${args.join()})`).join(', ');
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.stop()));
  }

  #begin(): void {
    const name = this.#random.pick(Object.keys(KINDS));
    const kind = KINDS[name];
    if (!kind) return;
    const { name: func, args } = kind.call(this.#random);
    const workflow = { id: `${name}-${++this.#begun}`, kind, args };
    this.#open.set(workflow.id, workflow);
    this.#findings.count('workflows begun');
    void this.#beginAt(workflow, func);
  }

  /** The SDK gives up if its api is dead. A repeated call, also at another api, starts no second workflow. */
  async #beginAt({ id, args }: Workflow, name: string): Promise<void> {
    while (!this.#stopping.aborted) {
      const client = this.#random.pick(this.#clients);
      try {
        const handle = await client.beginRpc(id, name, ...args, client.options({ target: GROUP }));
        handle.result().then(
          () => this.#findings.count('workflows told to the client'),
          () => undefined,
        );
        return;
      } catch {
        await pause(START_EVERY_MS);
      }
    }
  }

  async #look({ id, kind, args }: Workflow): Promise<void> {
    const { reply } = await this.#looker.call('promise.get', { id });
    if (reply?.status !== 200) return;
    const { state, value } = (reply.data as { promise: PromiseRecord }).promise;
    if (state === 'pending') return;
    this.#open.delete(id);
    const isRight = state === 'resolved' && kind.isRight(decoded(value), args);
    if (isRight) this.#findings.count('workflows finished');
    else this.#findings.violation('workflows', `${id} (${args.join()}) is ${state}: ${JSON.stringify(decoded(value))}`);
  }

  async #answerQuestions(): Promise<void> {
    for (const id of this.#open.keys()) {
      if (!id.startsWith('askOutside')) continue;
      const { reply } = await this.#looker.call('promise.search', { tags: { question: id }, state: 'pending' });
      if (reply?.status !== 200) continue;
      for (const question of (reply.data as { promises: PromiseRecord[] }).promises) {
        const data = { id: question.id, state: 'resolved', value: encoded(ANSWER) };
        await this.#looker.call('promise.settle', data);
      }
    }
  }
}

export interface WorkflowOptions {
  random: Random;
  looker: ApiClient;
  findings: Findings;
}
