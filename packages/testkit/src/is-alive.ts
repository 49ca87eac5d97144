import { readFileSync } from 'node:fs';

/** Whether a process runs, whosever it is. A zombie that nobody has reaped yet runs nothing any more. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    // Gone by now, unless there is no /proc to tell.
    return process.platform !== 'linux';
  }
}
