/** A script to run, and its promise. It is the same at every attempt. */
export interface ScriptJob {
  promiseId: string;
  createdAt: number;
  timeoutAt: number;
  script: string;
}

/** How a run ended. */
export type Ending =
  | { kind: 'exited'; code: number; stdout: string; stderr: string }
  /** The script cannot run, or its result could never be stored. Another attempt would end in the same way. */
  | { kind: 'refused'; reason: string }
  /**
   * The script was killed by a signal, or its state is unknown. That says nothing about the script, so it is tried
   * again.
   */
  | { kind: 'lost'; reason: string };

/** Where scripts run. */
export interface Backend {
  /**
   * Runs the script to its end. Never rejects.
   * @param signal when it is aborted, the script and everything that it started are ended, and the result no longer
   * matters.
   */
  run(job: ScriptJob, signal: AbortSignal): Promise<Ending>;
}

/** The environment variables that every script gets. */
export function promiseEnv({ promiseId, createdAt, timeoutAt }: ScriptJob): Record<string, string> {
  return {
    RESONATE_PROMISE_ID: promiseId,
    RESONATE_PROMISE_CREATED_AT: String(createdAt),
    RESONATE_PROMISE_TIMEOUT_AT: String(timeoutAt),
  };
}

/** Why an output that is too long fails the script: a part of a result would be a wrong result. */
export function tooLong(maxOutput: number): Ending {
  return { kind: 'refused', reason: `stdout is longer than ${maxOutput} bytes (transports.bash_exec.max_output)` };
}
