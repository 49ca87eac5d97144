/** The common part of the commands for long random runs: `npm run torture` and `npm run soak:hostile`. */

const MAX_MINUTES = 24 * 60;

/** The length of a run, and the seed that repeats it. */
export interface Run {
  /** The time of load. Start, measurements and checks take additional time. */
  minutes: number;
  seed: number;
}

/** @param seed undefined: a random one. @throws with one line that says what is wrong. */
export function readRun({ minutes: given, seed: text }: { minutes: string; seed: string | undefined }): Run {
  const minutes = Number(given);
  if (!(minutes > 0 && minutes <= MAX_MINUTES)) throw new Error(`--minutes: a number up to ${MAX_MINUTES}`);
  const seed = text === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(text);
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) throw new Error('--seed: an integer from 0 to 2^32 - 1');
  return { minutes, seed };
}

/** The options of this process's command line; a wrong one ends the process with code 2. */
export function optionsOrExit<Options>(read: (args: readonly string[]) => Options, usage: string): Options {
  try {
    return read(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}

/** Aborted when the process gets a signal to end. The run then stops cleanly. */
export function interruption(): AbortSignal {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());
  return interrupted.signal;
}
