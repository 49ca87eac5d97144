/** A script to run, and the promise that it belongs to. Every attempt gets the same job. */
export interface ScriptJob {
  promiseId: string;
  createdAt: number;
  timeoutAt: number;
  script: string;
}

/** How a run ended. */
export type Ending =
  | { kind: 'exited'; code: number; stdout: string; stderr: string }
  /** The script cannot run, or its result cannot be stored. Another attempt would end in the same way. */
  | { kind: 'refused'; reason: string }
  /** The script was killed by a signal, or its state is unknown. The script itself may be fine, so it runs again. */
  | { kind: 'lost'; reason: string };

/** Where scripts run. */
export interface Backend {
  /**
   * Runs the script until it ends. Never rejects.
   * @param signal ends the script and every process that it started. After that the caller ignores the result.
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

/**
 * The ending of a script whose output is too long. It is not truncated, because a part of a result would be a wrong
 * result.
 */
export function tooLong(maxOutput: number): Ending {
  return { kind: 'refused', reason: `stdout is longer than ${maxOutput} bytes (transports.bash_exec.max_output)` };
}
