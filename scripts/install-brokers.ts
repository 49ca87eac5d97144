/**
 * `npm run brokers`: downloads the brokers for tests (Kafka, ElasticMQ) from Maven Central into the user's cache
 * folder.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { BROKERS_POM, brokersDirectory, removeOldBrokers } from '../packages/testkit/src/brokers.ts';

const directory = brokersDirectory();
if (existsSync(directory)) {
  console.log(`Kafka and ElasticMQ are already installed in ${directory}`);
} else {
  // Install into a temporary folder first, so that the final folder is complete or absent.
  const incoming = `${directory}.${process.pid}`;
  mkdirSync(dirname(directory), { recursive: true });
  try {
    const output = `-DoutputDirectory=${incoming}`;
    execFileSync(
      'mvn',
      ['-B', '-q', '-Dstyle.color=never', '-f', BROKERS_POM, 'dependency:copy-dependencies', output],
      { stdio: 'inherit' },
    );
    renameSync(incoming, directory);
    removeOldBrokers();
  } finally {
    rmSync(incoming, { recursive: true, force: true });
  }
  console.log(`downloaded into ${directory}`);
}
