import { afterAll, afterEach, beforeAll, describe, jest } from '@jest/globals';
import { mysqlServerName, someOf } from '@resonate/testkit';
import { TestCluster } from './cluster.ts';
import { deliveryTests } from './delivery.ts';
import { dispatcherTests } from './dispatchers.ts';
import { operationsTests } from './operations.ts';
import { restartTests } from './restarts.ts';
import { silenceTests } from './silence.ts';
import { takeoverTests } from './takeover.ts';
import { workflowTests } from './workflows.ts';

/**
 * Two apis, two schedulers and three dispatchers as separate processes on one database. All tests share them. A process
 * that a test killed, froze or stopped runs again before the next test.
 */

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(300_000);

describe.each(someOf(['postgres', mysqlServerName()] as const, 1))('a cluster on %s', (database) => {
  let cluster: TestCluster;
  const running = () => cluster;

  beforeAll(async () => {
    cluster = await TestCluster.start(database);
  });

  afterEach(() => cluster.heal());

  afterAll(() => cluster?.stop());

  /** Measured times, which are printed at the end. */
  const report = (line: string) => process.stderr.write(`${database}: ${line}\n`);

  operationsTests(running);
  deliveryTests(running);
  workflowTests(running);
  silenceTests(running);
  takeoverTests(running, report);
  dispatcherTests(running, report);
  restartTests(running, report);
});
