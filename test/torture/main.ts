/**
 * `npm run torture -- --minutes M --seed S --database postgres|mariadb|mysql`: a real cluster of processes under random load and
 * random faults. Exit codes: 0 every check held, 1 something was violated, 2 wrong command line, 130 interrupted.
 */
import { readOptions, USAGE, type Options } from './options.ts';
import { report } from './report.ts';

function optionsOrExit(): Options {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exit(2);
  }
}

const { minutes, seed, databases } = optionsOrExit();
// Only now, as it brings databases and the SDK along.
const { torture } = await import('./torture.ts');
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());
const minutesEach = minutes / databases.length;

for (const database of databases) {
  if (interrupted.signal.aborted) break;
  const outcome = await torture({
    database,
    durationMs: minutesEach * 60_000,
    seed,
    signal: interrupted.signal,
    log: (line) => console.log(line),
  });
  console.log(report(outcome, { minutes: minutesEach, seed }));
  if (outcome.findings.violations.length > 0) process.exitCode = 1;
}
if (interrupted.signal.aborted) process.exitCode = 130;
// An SDK's client keeps timers for workflows it was not told about.
process.exit();
