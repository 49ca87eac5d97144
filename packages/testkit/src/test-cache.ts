import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder into which scripts/setup-tests.sh puts programs for tests that no package manager installs. */
export const TEST_CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'resonate-tests');
