/**
 * `npm run torture`: runs a real cluster of processes under random load and random faults (options.ts). Exit codes: 0 all checks
 * passed, 1 a check failed, 2 wrong command line, 130 interrupted.
 */
import { interruption, optionsOrExit } from '../processes/long-run.ts';
import { readOptions, USAGE } from './options.ts';
import { report } from './report.ts';

const { minutes, seed, databases, failovers, upgradeFrom } = optionsOrExit(readOptions, USAGE);
// Imported only now, because it loads the databases and the SDK.
const { torture } = await import('./torture.ts');
const signal = interruption();
const minutesEach = minutes / databases.length;

for (const database of databases) {
  if (signal.aborted) break;
  const outcome = await torture({
    ...{ database, failovers, upgradeFrom, seed, signal },
    durationMs: minutesEach * 60_000,
    log: (line) => console.log(line),
  });
  console.log(report(outcome, { minutes: minutesEach, seed, failovers, upgradeFrom }));
  if (outcome.findings.violations.length > 0) process.exitCode = 1;
}
if (signal.aborted) process.exitCode = 130;
// A client of the SDK keeps timers for workflows whose end it has not learned.
process.exit();
