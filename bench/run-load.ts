import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Job, LoadMessage, LoadResult } from './load/messages.ts';

/** The result of a load generator, and the results of `look` after its warm-up and at its end. */
export interface Watched<Result, Seen> {
  result: Result;
  before: Seen;
  after: Seen;
}

const scriptAt = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Runs a job of the load generator in a separate process. */
export function runLoad<Seen>(job: Job, look: () => Seen): Promise<Watched<LoadResult, Seen>> {
  return runGenerator(scriptAt('./load/main.ts'), job, look);
}

/** Runs a script that does one job (`doJob`). */
export async function runGenerator<Result, Seen>(
  script: string,
  job: object,
  look: () => Seen,
): Promise<Watched<Result, Seen>> {
  const load = fork(script);
  let before: { seen: Seen } | undefined;
  try {
    const result = await new Promise<Result>((resolve, reject) => {
      load.on('message', (message: LoadMessage<Result>) => {
        if (message.kind === 'measuring') before = { seen: look() };
        else if (message.kind === 'measured') resolve(message.result);
        else reject(new Error(message.message));
      });
      load.once('error', reject);
      load.once('exit', (code) => reject(new Error(`the load generator ended with code ${code}`)));
      load.send(job);
    });
    if (!before) throw new Error('the load generator did not say when it began to measure');
    return { result, before: before.seen, after: look() };
  } finally {
    load.kill('SIGKILL');
  }
}
