import type { Context, Func } from '@resonatehq/sdk';
import type { Sdk } from './sdk.ts';

/** What the functions of the SDK tests know about their worker. */
export interface WorkerSetup {
  /** The name of the process. `place` returns it, so that a test can see in which process a step ran. */
  name: string;
  /** The target of the `rpc` calls of a workflow. */
  group: string;
  /** If true, `gate` never returns: the worker hangs in the middle of a workflow until it is killed. */
  stuck: boolean;
  Constant: Sdk['Constant'];
}

export function functions(setup: WorkerSetup): Record<string, Func> {
  return { ...steps(setup), ...workflows(setup), ...failures(setup) };
}

/** Calls itself at each stop, which is a group or the URL of a function. @returns the number of stops. */
export function* relay(context: Context, stops: readonly string[]): Generator<unknown, number> {
  const [target, ...others] = stops;
  if (target === undefined) return 0;
  return 1 + (yield* context.rpc<number>('relay', others, context.options({ target })));
}

/** Plain functions: the leaves of the call graph. */
function steps(setup: WorkerSetup) {
  return {
    add: (_: Context, a: number, b: number) => a + b,
    square: (_: Context, n: number) => n * n,
    place: () => setup.name,
    gate: async () => {
      console.log(`at the gate: ${setup.name}`);
      if (setup.stuck) await new Promise(() => undefined);
      return setup.name;
    },
    fail: (_: Context, message: string) => {
      throw new Error(message);
    },
    failTwice: (context: Context) => {
      if (context.info.attempt < 3) throw new Error(`attempt ${context.info.attempt}`);
      return context.info.attempt;
    },
  };
}

function workflows(setup: WorkerSetup) {
  const { add, place, gate, square } = steps(setup);
  const remote = (context: Context) => context.options({ target: setup.group });
  return {
    relay,
    *sum(context: Context, numbers: number[]) {
      let total = 0;
      for (const n of numbers) total = yield* context.run(add, total, n);
      return total;
    },
    *callOther(context: Context, a: number, b: number) {
      return yield* context.rpc<number>('add', a, b, remote(context));
    },
    *fanOut(context: Context, width: number) {
      const calls = [];
      for (let n = 1; n <= width; n++) calls.push(yield* context.beginRpc<number>('square', n, remote(context)));
      let total = 0;
      for (const pending of calls) total += yield* pending;
      return total;
    },
    *sleepFor(context: Context, ms: number) {
      const startedAt = yield* context.date.now();
      yield* context.sleep(ms);
      return (yield* context.date.now()) - startedAt;
    },
    *askOutside(context: Context) {
      const answer = yield* yield* context.promise<string>({ tags: { question: context.id } });
      return `outside said ${answer}`;
    },
    *startDetached(context: Context, a: number, b: number) {
      const call = yield* context.detached<number>('add', a, b, remote(context));
      return call.id;
    },
    *countDown(context: Context, n: number): Generator<unknown, number> {
      if (n === 0) return 0;
      return 1 + (yield* context.rpc<number>('countDown', n - 1, remote(context)));
    },
    *twoPlaces(context: Context) {
      const first = yield* context.run(place);
      const second = yield* context.run(gate);
      return { first, second };
    },
    /** Calls a function of another group, whose workers may be written in another language. */
    *elsewhere(context: Context, group: string, name: string, args: unknown[]) {
      return yield* context.rpc<unknown>(name, ...args, context.options({ target: group }));
    },
    /** For the fault tests: it uses several features, and its result depends only on its argument. */
    *journey(context: Context, n: number) {
      const doubled = yield* context.run(add, n, n);
      const squared = yield* context.rpc<number>('square', doubled, remote(context));
      yield* context.sleep(200);
      const local = yield* context.run(square, n);
      const nested = yield* context.rpc<number>('sum', [squared, local, n], remote(context));
      return yield* context.run(add, nested, 1);
    },
  };
}

function failures(setup: WorkerSetup) {
  const { failTwice, fail } = steps(setup);
  return {
    *retried(context: Context) {
      const retryPolicy = new setup.Constant({ delay: 10, maxRetries: 5 });
      return yield* context.run(failTwice, context.options({ retryPolicy }));
    },
    *givesUp(context: Context) {
      const retryPolicy = new setup.Constant({ delay: 10, maxRetries: 1 });
      return yield* context.run(fail, 'no luck', context.options({ retryPolicy }));
    },
    *catches(context: Context) {
      try {
        yield* context.rpc('givesUp', context.options({ target: setup.group }));
        return 'nothing was thrown';
      } catch (error) {
        return `caught: ${error instanceof Error ? error.message : String(error)}`;
      }
    },
  };
}

/** What `journey` must return. */
export function journeyResult(n: number): number {
  return (2 * n) ** 2 + n ** 2 + n + 1;
}
