import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Removes the folders whose paths begin with `prefix`: earlier versions of `current`. Keeps those whose paths begin with
 * `current`, because another process may be making one of them.
 */
export function removeOthers(prefix: string, current: string): void {
  const folder = dirname(current);
  for (const name of readdirSync(folder)) {
    const isEarlier = name.startsWith(basename(prefix)) && !name.startsWith(basename(current));
    if (isEarlier) rmSync(join(folder, name), { recursive: true, force: true });
  }
}
