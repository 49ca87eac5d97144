/**
 * `npm run soak:hostile -- --minutes M --seed S`: hostile clients against a server with a small heap, and one client that
 * must not notice. Exit codes: 0 all held, 1 something was violated, 2 wrong command line, 130 interrupted.
 */
import { readOptions, USAGE, type Options } from './options.ts';
import { report, violations } from './report.ts';

function optionsOrExit(): Options {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}

const options = optionsOrExit();
const { hostile } = await import('./hostile.ts');
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());
console.log(`seed ${options.seed}`);
const outcome = await hostile({
  durationMs: options.minutes * 60_000,
  seed: options.seed,
  signal: interrupted.signal,
  log: (line) => console.log(line),
});
console.log(report(outcome, options));
if (violations(outcome).length > 0) process.exitCode = 1;
if (interrupted.signal.aborted) process.exitCode = 130;
process.exit();
