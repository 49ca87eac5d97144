/** A script to run, and what it is told of its promise: the same at every attempt. */
export interface Job {
  promiseId: string;
  createdAt: number;
  timeoutAt: number;
  script: string;
}

/** How a run ended. */
export type Ending =
  | { kind: 'exited'; code: number; stdout: string; stderr: string }
  /** The script can't be run at all, or not to an end that could be stored: another attempt would end like this one. */
  | { kind: 'refused'; reason: string }
  /** Killed by a signal, or out of sight: says nothing about the script, so another attempt is made. */
  | { kind: 'lost'; reason: string };

/** Where scripts run. */
export interface Backend {
  /**
   * Runs the script to its end. Never rejects.
   * @param signal aborted: the script is ended, with everything it started; what is returned then does not matter.
   */
  run(job: Job, signal: AbortSignal): Promise<Ending>;
}

/** What every script finds in its environment. */
export function promiseEnv({ promiseId, createdAt, timeoutAt }: Job): Record<string, string> {
  return {
    RESONATE_PROMISE_ID: promiseId,
    RESONATE_PROMISE_CREATED_AT: String(createdAt),
    RESONATE_PROMISE_TIMEOUT_AT: String(timeoutAt),
  };
}

/** The reason for a stdout that is not kept: a part of a result would be a wrong result. */
export function tooLong(maxOutput: number): Ending {
  return { kind: 'refused', reason: `stdout is longer than ${maxOutput} bytes (transports.bash_exec.max_output)` };
}
