import { describeLeftOut, leftOut } from './test-needs.ts';

/**
 * Prints at the end of a jest run which suites were left out (see test-needs.ts). @public jest loads it by its path.
 */
export default class LeftOutReporter {
  onRunComplete(): void {
    const text = describeLeftOut(leftOut());
    if (text !== '') process.stderr.write(`\n${text}\n`);
  }
}
