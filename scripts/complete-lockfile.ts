/** `npm run lockfile`: completes package-lock.json (see lockfile.ts). Run it after every change of a dependency. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { completeLockfile, readLockfile } from './lockfile.ts';

const ROOT = join(import.meta.dirname, '..');

const lock = readLockfile(ROOT);
const added = completeLockfile(lock, ROOT);
if (added.length > 0) writeFileSync(join(ROOT, 'package-lock.json'), `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length > 0 ? added.join('\n') : 'package-lock.json is complete');
