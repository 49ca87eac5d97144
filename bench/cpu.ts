import { readdirSync, readFileSync } from 'node:fs';

/** The kernel's clock tick: 100 per second on every Linux platform Node runs on. */
const TICK_MS = 10;

/**
 * CPU time (user and system) in ms that the processes and all their children have used so far, including children that
 * ended. It is read from /proc; undefined if there is none. The resolution is 10 ms, so measure for seconds.
 */
export function cpuMs(pids: readonly number[]): number | undefined {
  let ticks = 0;
  let isRead = false;
  for (const pid of new Set(pids.flatMap(withChildren))) {
    const stat = read(`/proc/${pid}/stat`);
    if (stat === undefined) continue; // The process has ended; its parent's fields include its time.
    isRead = true;
    // The name of the command (in brackets) may contain spaces. Fields 14 to 17 are utime, stime, and the same of ended
    // children.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    for (const field of fields.slice(11, 15)) ticks += Number(field);
  }
  return isRead ? ticks * TICK_MS : undefined;
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
