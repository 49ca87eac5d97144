/**
 * `npm run bench:capacity`: measures how much space promises take in each database: in call graphs of ten, one call and
 * nine steps with small values.
 */
import { parseArgs } from 'node:util';
import { openDialect } from '@resonate/store';
import { fill } from '../retention/fill.ts';
import { LARGE_STORAGES, storagesNamed } from '../targets/index.ts';
import type { Storage } from '../targets/storage.ts';

const USAGE = `npm run bench:capacity -- [options]
  --promises N       number of promises in the tables [100000]
  --targets NAME,... of: ${LARGE_STORAGES.map(({ name }) => name).join(', ')} [all]
  --help`;

const { values } = parseArgs({
  options: {
    promises: { type: 'string', default: '100000' },
    targets: { type: 'string', default: LARGE_STORAGES.map(({ name }) => name).join(',') },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else for (const storage of storagesNamed('--targets', values.targets, LARGE_STORAGES)) await bench(storage);

async function bench(storage: Storage): Promise<void> {
  const promises = Number(values.promises);
  if (!Number.isInteger(promises) || promises < 1)
    throw new Error(`--promises: ${values.promises} is not a number above 0`);
  const database = await storage.create();
  try {
    const dialect = await openDialect(database.target, Date.now);
    const empty = await database.bytes();
    await fill(dialect, promises).finally(() => dialect.close());
    await database.settle();
    const bytes = (await database.bytes()) - empty;
    const mib = (bytes / 2 ** 20).toFixed(0);
    console.log(`${storage.name}: ${promises} promises take ${mib} MiB, ${Math.round(bytes / promises)} bytes each`);
  } finally {
    await database.drop();
    await storage.close?.();
  }
}
