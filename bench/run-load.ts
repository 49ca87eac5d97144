import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Job, LoadMessage, LoadResult } from './load/messages.ts';

const LOAD = fileURLToPath(new URL('./load/main.ts', import.meta.url));

/**
 * Runs a job in a process of its own.
 * @param look is called when the warm-up is over, and again at the end: what it saw is `before` and `after`.
 */
export async function runLoad<Seen>(
  job: Job,
  look: () => Seen,
): Promise<{ result: LoadResult; before: Seen; after: Seen }> {
  const load = fork(LOAD);
  let before: { seen: Seen } | undefined;
  try {
    const result = await new Promise<LoadResult>((resolve, reject) => {
      load.on('message', (message: LoadMessage) => {
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
