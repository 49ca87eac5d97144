import { readdirSync, readFileSync } from 'node:fs';

/** The kernel's clock tick: 100 per second on every Linux platform Node runs on. */
const TICK_MS = 10;

/**
 * CPU time in ms that the processes and all their children have used so far, user and system, from /proc. Undefined
 * where there is no /proc. Resolution 10 ms: measure over seconds.
 */
export function cpuMs(pids: readonly number[]): number | undefined {
  let ticks = 0;
  for (const pid of pids.flatMap(withChildren)) {
    const stat = read(`/proc/${pid}/stat`);
    if (stat === undefined) return undefined;
    // The command's name (in brackets) may hold spaces; utime and stime are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * TICK_MS;
}

function withChildren(pid: number): number[] {
  const found = [pid];
  for (const thread of threads(pid)) {
    const children = read(`/proc/${pid}/task/${thread}/children`) ?? '';
    for (const child of children.split(' ').filter(Boolean)) found.push(...withChildren(Number(child)));
  }
  return found;
}

function threads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
