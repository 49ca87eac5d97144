import type { Options } from './options.ts';
import type { Outcome } from './torture.ts';

/** The text of a run's counts and violations. */
export function report(
  { database, findings, unavailable, logDirectory }: Outcome,
  { minutes, seed, failovers, upgradeFrom }: Omit<Options, 'databases'>,
): string {
  const counted = (name: string) => findings.counted(name).toLocaleString('en');
  const list = (prefix: string) =>
    findings
      .countsOf(prefix)
      .map(([name, count]) => `${name} ${count.toLocaleString('en')}`)
      .join(', ') || 'none';
  const broken = [...findings.found].map(([rule, times]) => `${rule} ${times}`).join(', ');
  const more = `${failovers ? ' --failovers' : ''}${upgradeFrom === null ? '' : ` --upgrade-from ${upgradeFrom}`}`;
  const lines = [
    `${database}, seed ${seed}, ${minutes} minutes: ${broken === '' ? 'ok' : `VIOLATED (${broken})`}`,
    `  operations          ${list('operations ')}`,
    `  errors              ${list('errors ')}`,
    `  histories           ${list('histories ')}`,
    `  leases              ${list('leases ')}; holders: ${list('holders ')}`,
    `  jobs                ${list('jobs ')}, pushes ${counted('pushes')}, unblocks heard ${counted('unblocks heard')}, ms to the first push: ${list('push ms ')}`,
    `  workflows           ${list('workflows ')}`,
    `  occurrences         ${counted('occurrences')}`,
    `  faults              ${list('faults ')}`,
    `  exits after SIGTERM ${list('exits ')}`,
    `  unavailable         at most ${Math.round(unavailable.ms)} ms, ${(unavailable.atMs / 1_000).toFixed(1)} s after the start`,
    `  drained             after ${counted('drain ms')} ms`,
    `  replay              npm run torture -- --minutes ${minutes} --seed ${seed} --database ${database}${more}`,
  ];
  if (broken !== '') lines.push(`  logs                ${logDirectory}`);
  return [...lines, ...findings.violations.map(({ rule, what }) => `VIOLATION of ${rule}: ${what}`)].join('\n');
}
