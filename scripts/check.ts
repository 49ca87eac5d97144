/**
 * `npm run check`: checks types, lint, unused code and formatting, and runs all tests on the bundled command. It continues
 * after a failure. The last line counts the tests; a failed check counts as one more failure.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { someOf } from '../packages/testkit/src/rounds.ts';
import { bundle } from './bundle.ts';
import { describeLeftOut, leftOut } from './test-needs.ts';

interface Step {
  name: string;
  script: string;
  args: readonly string[];
  /** Added to the environment. */
  env?: Record<string, string>;
}

/** The parts of jest's JSON summary that are used here. */
interface Summary {
  numPassedTests: number;
  numFailedTests: number;
  /** Test files that could not be loaded. */
  numRuntimeErrorTestSuites: number;
}

const folder = mkdtempSync(join(tmpdir(), 'resonate-check-'));
/** Jest's arguments for one lane of tests, and where it writes its summary. */
const tests = (name: string, workers: number, ...args: string[]): Step => ({
  name,
  script: 'test',
  // Without the reporter for left-out suites, because the end of the whole check lists them.
  args: [`--maxWorkers=${workers}`, '--reporters=default', '--json', `--outputFile=${summaryOf(name)}`, ...args],
});

/** Far longer than any step takes. A step that hangs is ended and fails with a message. */
const STEP_LIMIT_MS = 60 * 60_000;
/** When all tests are done, jest ends at once unless a test left something open. After this time the step fails. */
const ENDS_WITHIN_MS = 30_000;

/** Suites that kill processes of clusters and containers, and check time limits of seconds. */
const CLUSTERS = ['test/(cluster|deploy|sdk|torture)/', 'packages/maintenance/'];
/** Suites of servers, clients and workers that depend on milliseconds. The suites of the command line do not. */
const SERVERS = [
  'test/(bash|dashboard|http|observability|retention|soak|transports)/',
  'packages/(delivery|lifecycle|observability|process|transports|wakeup)/',
  'apps/',
];

/**
 * Suites that run on MySQL or on MariaDB, by TEST_SEED or else by chance. On both they take 3 minutes of CPU. The other
 * suites run on MariaDB, and on MySQL only on demand: `TEST_MYSQL_SERVER=mysql npm test`.
 */
const ON_MYSQL = ['packages/store/src/dialects/mysql/', 'test/database/six-engines'];
const MYSQL_SERVERS = someOf(['mariadb', 'mysql'] as const, 1);

/** Two suites that run the same roles from the image's files. One is chosen as above. Each takes 40 s of CPU. */
const DEPLOYMENTS = ['test/deploy/compose-run', 'test/deploy/kubernetes-run'];
const CHOSEN = someOf(DEPLOYMENTS, 1);
const NOT_CHOSEN = DEPLOYMENTS.filter((suite) => !CHOSEN.includes(suite));

interface Lane {
  /** The niceness of its processes. */
  niceness: number;
  steps: readonly Step[];
}

const missing = leftOut();
const NOT_RUN = ['/node_modules/', ...missing.map(({ file }) => inRoot(`${file}$`)), ...NOT_CHOSEN.map(inRoot)];
const only = (...files: string[]) => [
  '--testPathPatterns',
  ...files.map(below),
  '--testPathIgnorePatterns',
  ...NOT_RUN,
];
const allBut = (...files: string[]) => ['--testPathIgnorePatterns', ...NOT_RUN, ...files.map(inRoot)];

/**
 * Lanes run in parallel, the steps of a lane one after the other. A run may take 20 minutes on 2 cores, and tests that
 * start processes wait for a third of their time. When both cores are busy, suites that depend on milliseconds have
 * priority, above all clusters, whose takeovers have a time limit. The difference is small enough that other suites
 * still make progress, because their databases must start within a minute, too. The checks of the code have the lowest
 * priority. The lanes should end at about the same time, because a lane that runs alone at the end uses only one core.
 */
const LANES: readonly Lane[] = [
  {
    niceness: 0,
    steps: [
      tests('clusters', 1, ...only(...CLUSTERS)),
      ...MYSQL_SERVERS.map((server) => ({
        ...tests(`on ${server}`, 1, ...only(...ON_MYSQL)),
        env: { TEST_MYSQL_SERVER: server },
      })),
    ],
  },
  { niceness: 2, steps: [tests('servers', 1, ...only(...SERVERS))] },
  { niceness: 6, steps: [tests('other tests', 2, ...allBut(...CLUSTERS, ...SERVERS, ...ON_MYSQL))] },
  {
    niceness: 10,
    steps: [
      { name: 'types', script: 'typecheck', args: [] },
      { name: 'lint', script: 'lint', args: [] },
      { name: 'unused code', script: 'unused', args: [] },
      { name: 'formatting', script: 'format:check', args: [] },
      { name: 'documents', script: 'docs:site', args: [] },
    ],
  },
];
const STEPS = LANES.flatMap(({ steps }) => steps);

// The tests run what users install. A server starts with 1.1 s of CPU time from the bundle, and with 1.3 s from the sources.
const failedBefore: string[] = [];
try {
  process.env['TEST_RESONATE_BIN'] ??= await bundle();
} catch (error) {
  console.log(`== bundle: FAILED, the tests run the sources\n${String(error)}`);
  failedBefore.push('bundle');
}

const running = new Set<ChildProcess>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    running.forEach(end);
    process.exit(1);
  });
}

const before = cpuTimes();
try {
  const failed = [...failedBefore, ...(await Promise.all(LANES.map(runAll))).flat()];
  // If this is near 100 %, more parallel lanes would not make the check faster.
  const { busy, all } = cpuTimes();
  console.log(`the processors were ${Math.round((100 * (busy - before.busy)) / (all - before.all))} % busy`);
  report(failed);
} finally {
  rmSync(folder, { recursive: true });
}

/** Runs the steps of a lane one after the other. @returns the names of the failed steps. */
async function runAll({ niceness, steps }: Lane): Promise<string[]> {
  const failed: string[] = [];
  for (const step of steps) {
    const startedAt = performance.now();
    const { failure, output } = await run(step, niceness);
    if (failure) failed.push(step.name);
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const outcome = failure ? `FAILED (${failure})` : 'ok';
    console.log(`${output}== ${step.name} (npm run ${step.script}): ${outcome} after ${seconds} s`);
  }
  return failed;
}

/** Runs a step. Tests print their progress. The output of other steps is printed when they are done. */
async function run(
  { name, script, args, env }: Step,
  niceness: number,
): Promise<{ failure: string | null; output: string }> {
  const output = script === 'test' ? 'inherit' : 'pipe';
  // A separate process group, so that it can be ended with all processes that it started.
  const stdio = ['inherit', output, output] as const;
  const command = ['-n', String(niceness), 'npm', 'run', '--silent', script, '--', ...args];
  const child = spawn('nice', command, { stdio: [...stdio], detached: true, env: { ...process.env, ...env } });
  running.add(child);
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => printed.push(chunk));
  let failure: string | null = null;
  const startedAt = performance.now();
  let doneAt = Infinity;
  const watch = setInterval(() => {
    const now = performance.now();
    if (doneAt === Infinity && existsSync(summaryOf(name))) doneAt = now;
    if (now > startedAt + STEP_LIMIT_MS) failure = `still running after ${STEP_LIMIT_MS / 60_000} minutes`;
    else if (now > doneAt + ENDS_WITHIN_MS) failure = 'all tests are done, but something they opened is still open';
    if (failure) end(child);
  }, 1_000);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  clearInterval(watch);
  running.delete(child);
  // oxlint-disable-next-line typescript/no-unnecessary-condition -- the timer above sets it
  if (!failure && code !== 0) failure = `exit code ${code ?? 'none'}`;
  return { failure, output: Buffer.concat(printed).toString('utf8') };
}

function end(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The process has just ended by itself.
  }
}

function report(failed: readonly string[]): void {
  const summaries = STEPS.filter(({ script }) => script === 'test').map(({ name }) => ({
    name,
    summary: readSummary(name),
  }));
  let [passed, failures] = [0, 0];
  for (const { name, summary } of summaries) {
    const failedTests = (summary?.numFailedTests ?? 0) + (summary?.numRuntimeErrorTestSuites ?? 0);
    passed += summary?.numPassedTests ?? 0;
    // A run that failed without a failed test (no summary, a leak, a crash) counts as a failure, too.
    failures += failedTests === 0 && failed.includes(name) ? 1 : failedTests;
  }
  failures += failed.filter((name) => !summaries.some((lane) => lane.name === name)).length;
  if (failed.length > 0) console.log(`\nfailed: ${failed.join(', ')}`);
  if (missing.length > 0) console.log(`\n${describeLeftOut(missing)}\n`);
  console.log(`${passed} passed, ${failures} failed`);
  if (failures > 0) process.exitCode = 1;
}

/** Anchors the pattern, because jest searches patterns anywhere in a path. */
function below(folder: string): string {
  return `^${folder}`;
}

function inRoot(folder: string): string {
  return `<rootDir>/${folder}`;
}

/** CPU time of all processors since the machine started, ms. */
function cpuTimes(): { busy: number; all: number } {
  const times = cpus().map(({ times }) => times);
  const all = times.flatMap((time) => Object.values(time)).reduce((sum, ms) => sum + ms, 0);
  return { all, busy: all - times.reduce((sum, { idle }) => sum + idle, 0) };
}

function summaryOf(name: string): string {
  return join(folder, `${name.replaceAll(' ', '-')}.json`);
}

function readSummary(name: string): Summary | null {
  try {
    return JSON.parse(readFileSync(summaryOf(name), 'utf8')) as Summary;
  } catch {
    return null;
  }
}
