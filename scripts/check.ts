/**
 * `npm run check`: types, lint, formatting and all tests, each to its end whatever failed before. The last line counts
 * the tests; a check that fails counts as one more failure.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Step {
  name: string;
  script: string;
  args: readonly string[];
}

/** What jest writes down of a run, as far as it is read here. */
interface Summary {
  numPassedTests: number;
  numFailedTests: number;
  /** Files that did not even load. */
  numRuntimeErrorTestSuites: number;
}

const folder = mkdtempSync(join(tmpdir(), 'resonate-check-'));
/** Jest's arguments for one lane of tests, and where it writes its summary. */
const tests = (name: string, ...args: string[]): Step => ({
  name,
  script: 'test',
  args: ['--maxWorkers=1', '--json', `--outputFile=${summaryOf(name)}`, ...args],
});

/** Suites that start servers, databases and clients that count milliseconds: they disturb each other. */
const MEASURING = 'test/(cli|cluster|database|http|sdk|torture)/';

/** Lanes run beside each other, the steps of a lane one after the other: a run may take 20 minutes on 2 cores. */
const LANES: readonly (readonly Step[])[] = [
  [tests('process tests', '--testPathPatterns', `^${MEASURING}`)],
  [
    tests('other tests', '--testPathIgnorePatterns', `<rootDir>/${MEASURING}`, '/node_modules/'),
    { name: 'types', script: 'typecheck', args: [] },
    { name: 'lint', script: 'lint', args: [] },
    { name: 'formatting', script: 'format:check', args: [] },
  ],
];

try {
  report((await Promise.all(LANES.map(runAll))).flat());
} finally {
  rmSync(folder, { recursive: true });
}

/** Runs one after the other. @returns the names of those that failed. */
async function runAll(steps: readonly Step[]): Promise<string[]> {
  const failed: string[] = [];
  for (const step of steps) {
    const startedAt = performance.now();
    const { code, output } = await run(step);
    if (code !== 0) failed.push(step.name);
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const outcome = code === 0 ? 'ok' : `FAILED (exit code ${code})`;
    console.log(`${output}== ${step.name} (npm run ${step.script}): ${outcome} after ${seconds} s`);
  }
  return failed;
}

/** Tests say how far they are; what the others print comes in one piece, when they are done. */
function run({ script, args }: Step): Promise<{ code: number; output: string }> {
  const output = script === 'test' ? 'inherit' : 'pipe';
  const child = spawn('npm', ['run', '--silent', script, '--', ...args], { stdio: ['inherit', output, output] });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => printed.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(printed).toString('utf8') }));
  });
}

function report(failed: readonly string[]): void {
  const summaries = LANES.flat()
    .filter(({ script }) => script === 'test')
    .map(({ name }) => ({ name, summary: readSummary(name) }));
  let [passed, failures] = [0, 0];
  for (const { name, summary } of summaries) {
    const failedTests = (summary?.numFailedTests ?? 0) + (summary?.numRuntimeErrorTestSuites ?? 0);
    passed += summary?.numPassedTests ?? 0;
    // A run that failed without a failed test (no summary, a leak, a crash) is a failure all the same.
    failures += failedTests === 0 && failed.includes(name) ? 1 : failedTests;
  }
  failures += failed.filter((name) => !summaries.some((lane) => lane.name === name)).length;
  if (failed.length > 0) console.log(`\nfailed: ${failed.join(', ')}`);
  console.log(`${passed} passed, ${failures} failed`);
  if (failures > 0) process.exitCode = 1;
}

function summaryOf(name: string): string {
  return join(folder, `${name.replace(' ', '-')}.json`);
}

function readSummary(name: string): Summary | null {
  try {
    return JSON.parse(readFileSync(summaryOf(name), 'utf8')) as Summary;
  } catch {
    return null;
  }
}
