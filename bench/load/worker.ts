import type { LoadMessage } from './messages.ts';

/** Makes this process a load generator: it gets one job over IPC, does it, sends the result and ends. */
export function doJob<Job, Result>(work: (job: Job, measuring: () => void) => Promise<Result>): void {
  process.once('message', (job: Job) => {
    work(job, () => tell({ kind: 'measuring' })).then(
      (result) => tell({ kind: 'measured', result }),
      (error: unknown) => tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
    );
  });
}

function tell<Result>(message: LoadMessage<Result>): void {
  process.send?.(message, () => {
    if (message.kind !== 'measuring') process.disconnect();
  });
}
