import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where scripts/setup-tests.sh puts what the tests need and no package manager installs. */
export const TEST_CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'resonate-tests');
