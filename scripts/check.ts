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
const summaryFile = join(folder, 'tests.json');
/** Suites that start servers, databases and clients that count milliseconds disturb each other: one after the other. */
const TEST_WORKERS = 1;
/** These need one core for a minute, which the tests leave free. */
const READING: readonly Step[] = [
  { name: 'types', script: 'typecheck', args: [] },
  { name: 'lint', script: 'lint', args: [] },
  { name: 'formatting', script: 'format:check', args: [] },
];
const TESTS: readonly Step[] = [
  { name: 'tests', script: 'test', args: [`--maxWorkers=${TEST_WORKERS}`, '--json', `--outputFile=${summaryFile}`] },
];

try {
  report((await Promise.all([runAll(READING), runAll(TESTS)])).flat());
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

/** The tests say how far they are; what the others print comes in one piece, when they are done. */
function run({ name, script, args }: Step): Promise<{ code: number; output: string }> {
  const output = name === 'tests' ? 'inherit' : 'pipe';
  const child = spawn('npm', ['run', '--silent', script, '--', ...args], { stdio: ['inherit', output, output] });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => printed.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(printed).toString('utf8') }));
  });
}

function report(failed: readonly string[]): void {
  const summary = readSummary();
  const failedTests = (summary?.numFailedTests ?? 0) + (summary?.numRuntimeErrorTestSuites ?? 0);
  // A run that failed without a failed test (no summary, a leak, a crash) is a failure all the same.
  const others = failed.filter((name) => name !== 'tests' || failedTests === 0).length;
  if (failed.length > 0) console.log(`\nfailed: ${failed.join(', ')}`);
  console.log(`${summary?.numPassedTests ?? 0} passed, ${failedTests + others} failed`);
  if (failedTests + others > 0) process.exitCode = 1;
}

function readSummary(): Summary | null {
  try {
    return JSON.parse(readFileSync(summaryFile, 'utf8')) as Summary;
  } catch {
    return null;
  }
}
