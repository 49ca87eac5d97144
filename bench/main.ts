/** `npm run bench`: starts what it measures, prints one table, writes JSON. */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { syncsPerSecond } from './disk.ts';
import { measure } from './measure.ts';
import { readOptions, USAGE, type BenchOptions } from './options.ts';
import { toRow, type Row } from './report/row.ts';
import { tableHead, tableLine } from './report/table.ts';
import { TARGETS } from './targets/index.ts';

const DISK_PROBE_MS = 1_000;

interface Machine {
  node: string;
  cpu: string;
  cores: number;
  syncsPerSecond: number;
}

let options: BenchOptions | undefined;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(2);
}
if (options) await bench(options);
else console.log(USAGE);

async function bench(options: BenchOptions): Promise<void> {
  const startedAt = new Date().toISOString();
  const machine = describeMachine();
  console.log(
    `${machine.cores} cores (${machine.cpu}), shared by server and load generator; node ${machine.node}; ` +
      `the disk syncs ${Math.round(machine.syncsPerSecond)} times/s; ${options.ids} ids\n`,
  );
  console.log(tableHead());
  const rows: Row[] = [];
  const failures: string[] = [];
  for (const target of TARGETS.filter(({ name }) => options.targets.includes(name))) {
    for (const scenario of options.scenarios) {
      if (target.scenarios && !target.scenarios.includes(scenario)) continue;
      for (const callers of options.callers) {
        const [warmupMs, durationMs] = [options.warmupSeconds * 1_000, options.seconds * 1_000];
        try {
          const { ids } = options;
          const row = toRow(await measure(target, { scenario, callers, ids, warmupMs, durationMs }));
          rows.push(row);
          console.log(tableLine(row));
        } catch (error) {
          failures.push(`${target.name}, ${scenario}, ${callers} callers: ${String(error)}`);
          console.log(`${failures.at(-1)}`);
        }
      }
    }
    await target.close?.();
  }
  if (options.json) {
    await writeFile(options.json, `${JSON.stringify({ startedAt, machine, options, rows, failures }, null, 2)}\n`);
  }
  if (failures.length > 0) process.exitCode = 1;
}

function describeMachine(): Machine {
  const cores = cpus();
  return {
    node: process.version,
    cpu: cores[0]?.model ?? 'unknown',
    cores: cores.length,
    syncsPerSecond: syncsPerSecond(DISK_PROBE_MS),
  };
}
