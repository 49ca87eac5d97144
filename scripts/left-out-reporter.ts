import { describeLeftOut, leftOut } from './test-needs.ts';

/** Says at the end of a run of jest which suites it left out (see test-needs.ts). @public jest loads it by its path. */
export default class LeftOutReporter {
  onRunComplete(): void {
    const text = describeLeftOut(leftOut());
    if (text !== '') process.stderr.write(`\n${text}\n`);
  }
}
