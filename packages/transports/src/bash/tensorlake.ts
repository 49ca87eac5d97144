import { setTimeout as pause } from 'node:timers/promises';
import { promiseEnv, tooLong, type Backend, type Ending, type ScriptJob } from './backend.ts';
import { TensorlakeApi, TensorlakeError, type ProcessState, type Sandbox } from './tensorlake-api.ts';

export interface TensorlakeOptions {
  /** null: no API key is configured, so nothing can run. */
  apiKey: string | null;
  apiUrl: string;
  sandboxUrl: string;
  maxOutput: number;
}

const POLL_MS = 500;
const SANDBOX_READY_WITHIN_MS = 120_000;
/** After this many failed requests in a row for its state, a process counts as lost. Its sandbox is probably gone. */
const MAX_FAILED_POLLS = 20;
const DELETE_ATTEMPTS = 3;

/** `bash://tensorlake[/IMAGE]`: runs the script in a Tensorlake sandbox that is created for it. */
export class TensorlakeBackend implements Backend {
  readonly #image: string;
  readonly #options: TensorlakeOptions;

  /** @param image empty: Tensorlake's default. */
  constructor(image: string, options: TensorlakeOptions) {
    this.#image = image;
    this.#options = options;
  }

  async run(job: ScriptJob, signal: AbortSignal): Promise<Ending> {
    const { apiKey } = this.#options;
    if (apiKey === null) return { kind: 'refused', reason: 'TENSORLAKE_API_KEY is not set on the server' };
    const api = new TensorlakeApi({ ...this.#options, apiKey }, signal);
    try {
      // The signal does not end this request: without the id the sandbox could not be deleted.
      const sandbox = await api.createSandbox(this.#image);
      try {
        return await this.#runIn(sandbox, api, job, signal);
      } finally {
        await remove(sandbox, api);
      }
    } catch (error) {
      if (signal.aborted) return { kind: 'lost', reason: 'stopped' };
      if (!(error instanceof TensorlakeError)) throw error;
      return { kind: error.isTemporary ? 'lost' : 'refused', reason: `tensorlake: ${error.message}` };
    }
  }

  async #runIn(sandbox: Sandbox, api: TensorlakeApi, job: ScriptJob, signal: AbortSignal): Promise<Ending> {
    await running(sandbox, api, signal);
    const pid = await api.startScript(sandbox, job.script, promiseEnv(job));
    const { status, exitCode } = await ended(sandbox, pid, api, signal);
    if (status === 'signaled') return { kind: 'lost', reason: 'killed by a signal' };
    const output = await api.output(sandbox, pid);
    if (output === null) return tooLong(this.#options.maxOutput);
    return { kind: 'exited', code: exitCode, stdout: output, stderr: output };
  }
}

async function running(sandbox: Sandbox, api: TensorlakeApi, signal: AbortSignal): Promise<void> {
  const until = performance.now() + SANDBOX_READY_WITHIN_MS;
  while (performance.now() < until) {
    const status = await api.sandboxStatus(sandbox).catch(unlessTemporary);
    if (status === 'running') return;
    if (status === 'terminated' || status === 'suspended') {
      throw new TensorlakeError(`the sandbox was ${status} before it ran`, false);
    }
    await pause(POLL_MS, undefined, { signal });
  }
  throw new TensorlakeError(`the sandbox was not running after ${SANDBOX_READY_WITHIN_MS / 1000} s`, false);
}

async function ended(sandbox: Sandbox, pid: number, api: TensorlakeApi, signal: AbortSignal): Promise<ProcessState> {
  for (let failed = 0; ;) {
    try {
      const state = await api.processState(sandbox, pid);
      if (state.status === 'exited' || state.status === 'signaled') return state;
      failed = 0;
    } catch (error) {
      // Any error counts, also a 404: a sandbox that has timed out no longer exists. That does not mean that the script
      // failed.
      if (++failed >= MAX_FAILED_POLLS)
        throw new TensorlakeError(`the state of the process is unknown: ${String(error)}`, true);
    }
    await pause(POLL_MS, undefined, { signal });
  }
}

function unlessTemporary(error: unknown): null {
  if (error instanceof TensorlakeError && error.isTemporary) return null;
  throw error;
}

/** A sandbox that cannot be deleted ends by itself after 600 s. */
async function remove(sandbox: Sandbox, api: TensorlakeApi): Promise<void> {
  for (let attempts = 1; attempts <= DELETE_ATTEMPTS; attempts++) {
    const deleted = await api.deleteSandbox(sandbox).then(
      () => true,
      (error: unknown) => error instanceof TensorlakeError && !error.isTemporary,
    );
    if (deleted) return;
  }
}
