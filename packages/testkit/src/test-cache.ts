import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Programs that tests start and that neither npm nor the system's packages provide. scripts/setup-tests.sh fills this
 * folder.
 */
export const TEST_CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'resonate-tests');
