import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeOthers } from './remove-others.ts';
import { TEST_CACHE } from './test-cache.ts';

/** The message brokers of packages/testkit/brokers/pom.xml. They are downloaded once for each version of that file. */

const SOURCES = join(import.meta.dirname, '../brokers');
export const BROKERS_POM = join(SOURCES, 'pom.xml');
const FOLDERS = join(TEST_CACHE, 'brokers');

/** The folder with the jars, 73 MB. */
export function brokersDirectory(): string {
  const version = createHash('sha256').update(readFileSync(BROKERS_POM)).digest('hex').slice(0, 12);
  return `${FOLDERS}-${version}`;
}

/** Deletes the folders of earlier versions. */
export function removeOldBrokers(): void {
  removeOthers(FOLDERS, brokersDirectory());
}

/** Java's arguments before the name of the main class: a small heap, a quick start, the log on standard error. */
export function javaArguments(): string[] {
  const directory = brokersDirectory();
  if (!existsSync(directory))
    throw new Error(`${directory} is missing: run \`npm run brokers\` (needs Java and Maven)`);
  const quick = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];
  const logging = `-Dlogback.configurationFile=${join(SOURCES, 'logback.xml')}`;
  return [...quick, logging, '-cp', join(directory, '*')];
}
