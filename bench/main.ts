/** `npm run bench`: starts the servers that it measures, prints one table, and writes JSON. */
import { writeFile } from 'node:fs/promises';
import { describeMachine, type Machine } from './machine.ts';
import { readOptions, USAGE, type BenchOptions } from './options.ts';
import { stepsOf } from './parts/index.ts';
import { compare, comparisonTable } from './report/comparison.ts';
import { tableHead, tableLine } from './report/table.ts';
import { readResults, type Results } from './results.ts';
import { STORAGES } from './targets/index.ts';

// Child processes are ended in the `exit` event. A signal alone would not cause that event, so exit explicitly.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

let options: BenchOptions | undefined;
let earlier: Results | undefined;
try {
  options = readOptions(process.argv.slice(2));
  if (options?.against !== undefined) earlier = await readResults(options.against);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(2);
}
if (options) await bench(options);
else console.log(USAGE);

async function bench(options: BenchOptions): Promise<void> {
  const { json } = options;
  const startedAt = new Date().toISOString();
  const machine = describeMachine();
  const results: Results = { startedAt, machine, options, rows: [], notes: [], failures: [] };
  console.log(`${headline(machine)}; ${options.ids} ids\n\n${tableHead()}`);
  try {
    for (const { name, run } of stepsOf(options)) {
      try {
        const { rows = [], notes = [] } = await run();
        results.rows.push(...rows);
        results.notes.push(...notes);
        for (const row of rows) console.log(tableLine(row));
      } catch (error) {
        const failure = `${name}: ${error instanceof Error ? error.message : String(error)}`;
        results.failures.push(failure);
        console.log(failure);
      }
      // Write after each step, so that the results of a long run are kept if it ends early.
      if (json !== undefined) await writeFile(json, `${JSON.stringify(results, null, 2)}\n`);
    }
  } finally {
    for (const storage of STORAGES) await storage.close?.();
  }
  if (results.notes.length > 0) console.log(`\n${results.notes.join('\n')}`);
  if (earlier) {
    const { startedAt, machine } = earlier;
    console.log(
      `\nagainst ${startedAt}, ${headline(machine)}\n\n${comparisonTable(compare(results.rows, earlier.rows))}`,
    );
  }
  if (results.failures.length > 0) process.exitCode = 1;
}

function headline({ cores, cpu, node, syncsPerSecond, loadAverage, commit = 'no commit' }: Machine): string {
  const [load = 0] = loadAverage;
  return (
    `${cores} cores (${cpu}), shared by servers, databases and the load generator; load ${load.toFixed(1)}; ` +
    `node ${node}; the disk syncs ${Math.round(syncsPerSecond)} times/s; ${commit}`
  );
}
