#!/usr/bin/env node
import module from 'node:module';
import { OLDEST_NODE } from './oldest-node.ts';

// Before any other code is loaded, because an older Node would fail with an incomprehensible error.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE.split('.').map(Number);
if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
  console.error(`resonate needs Node ${OLDEST_NODE} or newer, this is ${process.version}`);
  process.exit(1);
}

// The cache is in the system's temporary folder. If that is not writable, Node runs without the cache. `resonate
// --help` takes 90 ms with the cache and 190 ms without, `resonate promises get` 160 ms and 270 ms (2 cores, `time
// apps/cli/bin/resonate --help`).
module.enableCompileCache();

const { run } = await import('./cli.ts');
await run(process.argv.slice(2));
