/**
 * `npm run soak:hostile -- --minutes M --seed S`: sends hostile traffic to a server with a small heap, while another client
 * must still be served. Exit codes: 0 all checks passed, 1 a check failed, 2 wrong command line, 130 interrupted.
 */
import { interruption, optionsOrExit } from '../processes/long-run.ts';
import { readOptions, USAGE } from './options.ts';
import { report, violations } from './report.ts';

const options = optionsOrExit(readOptions, USAGE);
const { hostile } = await import('./hostile.ts');
const signal = interruption();
console.log(`seed ${options.seed}`);
const outcome = await hostile({
  durationMs: options.minutes * 60_000,
  seed: options.seed,
  signal,
  log: (line) => console.log(line),
});
console.log(report(outcome, options));
if (violations(outcome).length > 0) process.exitCode = 1;
if (signal.aborted) process.exitCode = 130;
process.exit();
