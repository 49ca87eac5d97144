import type { Run } from '../processes/long-run.ts';
import type { Outcome } from './hostile.ts';
import { HEAP_MIB } from './options.ts';

/** A bystander that waits longer was not served. Commits of megabytes take up to 2 s if other programs use the disk. */
const BYSTANDER_MS = 5_000;
/** How much the heap may grow during the attacks, for caches and compiled code. */
const HEAP_GROWTH_MIB = 32;

/** What was wrong, one line each. */
export function violations({ attacks, faults, bystander, noise, heapMib, errors, ended }: Outcome): string[] {
  const found: string[] = [];
  if (ended !== null) found.push(`the server ended (${ended})`);
  const refused = Object.keys(bystander.statuses).filter((status) => status !== '200');
  if (refused.length > 0) found.push(`the bystander got ${refused.join(', ')}: ${bystander.faults.join('; ')}`);
  // If other programs use the processors, the server's computations take longer in proportion.
  const withinMs = Math.round(BYSTANDER_MS * Math.max(bystander.slowdown, noise.slowdown) + noise.slowestMs);
  if (bystander.slowestMs > withinMs) found.push(`the bystander waited ${bystander.slowestMs} ms, above ${withinMs}`);
  const other = Object.keys(faults).filter((status) => status !== '503');
  if (other.length > 0) found.push(`attacks were answered with ${other.join(', ')}`);
  if (heapMib.after - heapMib.before > HEAP_GROWTH_MIB) {
    found.push(`the heap grew by ${Math.round(heapMib.after - heapMib.before)} MiB`);
  }
  if (errors.length > 0) found.push(`the server logged errors: ${errors.join('\n')}`);
  const named = Object.entries(attacks).flatMap(([name, counts]) =>
    Object.keys(counts).flatMap((outcome) => (outcome.startsWith('VIOLATION') ? [`${name}: ${outcome}`] : [])),
  );
  return [...found, ...named];
}

/** The text of a run's counts and violations. */
export function report(outcome: Outcome, { minutes, seed }: Run): string {
  const { attacks, faults, bystander, noise, heapMib, ended } = outcome;
  const broken = violations(outcome);
  const listed = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count.toLocaleString('en')}`)
      .join(', ') || 'none';
  return [
    `seed ${seed}, ${minutes} minutes, heap of ${HEAP_MIB} MiB: ${broken.length === 0 ? 'ok' : 'VIOLATED'}`,
    `  server              ${ended === null ? 'alive' : `ended (${ended})`}`,
    `  bystander           slowest ${bystander.slowestMs} ms, median ${bystander.medianMs} ms, answers ${listed(bystander.statuses)}`,
    `  noise               slowest ${noise.slowestMs} ms, machine slower by ${noise.slowdown}`,
    `  5xx for attackers   ${listed(faults)}`,
    `  heap                ${Math.round(heapMib.before)} MiB before, ${Math.round(heapMib.after)} MiB after`,
    ...Object.entries(attacks).map(([name, counts]) => `  ${name.padEnd(25)} ${listed(counts)}`),
    `  replay              npm run soak:hostile -- --minutes ${minutes} --seed ${seed}`,
    ...broken.map((line) => `VIOLATION: ${line}`),
  ].join('\n');
}
