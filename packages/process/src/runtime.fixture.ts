import { PassThrough } from 'node:stream';
import { loadConfig } from '@resonate/config';
import { createLogger } from '@resonate/observability';
import { openRuntime, type Runtime } from './runtime.ts';

export interface RuntimeForTests {
  /** Options by flag, without dashes, beside those of `resonate dev`. */
  flags?: Readonly<Record<string, string | number>>;
  /** The clock of the store and of the runtime, epoch ms. */
  now?: () => number;
  /** Gets the lines of the log from the level `warn`. */
  log?: string[];
}

/** The runtime of `resonate dev`: its store is in memory. The test closes it with `runtime.store.close()`. */
export async function runtimeForTests({
  flags = {},
  now = () => Date.now(),
  log = [],
}: RuntimeForTests = {}): Promise<Runtime> {
  const { config } = loadConfig({ env: {}, flags, command: 'dev' });
  const stream = new PassThrough().on('data', (line) => log.push(String(line)));
  const logger = createLogger({ level: 'warn', stream });
  return openRuntime({ config, role: 'all', version: 'test', logger, clock: { now } });
}
