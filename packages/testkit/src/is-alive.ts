import { readFileSync } from 'node:fs';

/** Whether a process of any user runs. A zombie (it ended, but its parent has not read its exit code) does not count. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    // On Linux the process has ended meanwhile. Other systems have no /proc, so zombies count as running there.
    return process.platform !== 'linux';
  }
}
