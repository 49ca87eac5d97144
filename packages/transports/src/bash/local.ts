import { promiseEnv, tooLong, type Backend, type Ending, type ScriptJob } from './backend.ts';
import { isTemporary, runChild, unstartableReason, type ChildEnd } from './child.ts';
import type { Guard } from './guard.ts';

export interface LocalOptions {
  /** The environment of scripts, in addition to the variables of their promise. */
  env: Readonly<Record<string, string>>;
  maxOutput: number;
  graceMs: number;
  guard: Guard;
}

/** `bash://`: runs `bash -c SCRIPT` on this machine, as the user of this process. */
export class LocalBackend implements Backend {
  readonly #options: LocalOptions;

  constructor(options: LocalOptions) {
    this.#options = options;
  }

  async run(job: ScriptJob, signal: AbortSignal): Promise<Ending> {
    const { env, maxOutput, graceMs, guard } = this.#options;
    let group = 0;
    const end = await runChild(
      {
        command: 'bash',
        args: ['-c', job.script],
        env: { ...env, ...promiseEnv(job) },
        maxOutput,
        graceMs,
        started: (pid) => guard.watch((group = pid)),
      },
      signal,
    );
    if (group !== 0) guard.forget(group);
    return endingOf(end, maxOutput);
  }
}

/** What the end of a command means for its script. */
export function endingOf(end: ChildEnd, maxOutput: number): Ending {
  switch (end.kind) {
    case 'overflowed':
      return tooLong(maxOutput);
    case 'unstartable': {
      const reason = unstartableReason(end.error);
      return { kind: isTemporary(end.error) ? 'lost' : 'refused', reason };
    }
    case 'ended': {
      const { code, signal, stdout, stderr } = end;
      if (code === null) return { kind: 'lost', reason: `killed by ${signal ?? 'a signal'}` };
      return { kind: 'exited', code, stdout, stderr };
    }
  }
}
