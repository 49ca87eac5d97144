import { existsSync, globSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { brokersDirectory } from '../packages/testkit/src/brokers.ts';
import { mysqlProgram } from '../packages/testkit/src/databases/mysql.ts';
import { postgresPrograms } from '../packages/testkit/src/databases/postgres-pair.ts';
import { TEST_CACHE } from '../packages/testkit/src/test-cache.ts';

/**
 * The programs that some suites start and that npm does not install. If a program is missing, jest.config.js leaves out
 * its suites and reports them; in CI that is an error. scripts/setup-tests.sh installs all programs.
 */

const ROOT = join(import.meta.dirname, '..');
export const TEST_FILES = [
  'packages/**/*.test.ts',
  'apps/**/*.test.ts',
  'clients/**/*.test.ts',
  'test/**/*.test.ts',
  'bench/**/*.test.ts',
];

interface Need {
  name: string;
  /** Matches a suite that starts the program. The call may also be in a file that the suite imports. */
  uses: RegExp;
  isThere(): boolean;
}

/** A suite that is left out, with the names of the programs that it lacks. */
export interface LeftOut {
  /** The path from the root of the project. */
  file: string;
  lacks: readonly string[];
}

const SEARCHED = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
const onPath = (program: string) => SEARCHED.some((folder) => existsSync(join(folder, program)));
const inCache = (pattern: string) => globSync(pattern, { cwd: TEST_CACHE }).length > 0;

const isMysqlGiven = () => Boolean(process.env['TEST_MYSQL_URL']);
const hasMariadb = () => onPath('mariadbd') && onPath('mariadb-install-db');
const hasMysql = () => existsSync(mysqlProgram());

const NEEDS: readonly Need[] = [
  {
    name: 'MariaDB',
    uses: /\bstartMariadb\(|\bMYSQL_SERVERS\b|\bstartMysqlOrMariadb\b/,
    isThere: process.env['TEST_MYSQL_SERVER'] === 'mysql' ? () => true : hasMariadb,
  },
  { name: 'MariaDB or TEST_MYSQL_URL', uses: /\bmysqlForTests\b/, isThere: () => isMysqlGiven() || hasMariadb() },
  { name: 'MySQL', uses: /\bstartMysql(Pair)?\(|MYSQL_SERVERS\.mysql|'mariadb', 'mysql'/, isThere: hasMysql },
  {
    name: 'Postgres with pg_basebackup',
    uses: /\bstartPostgresPair\(|\['--failovers'\] :/,
    isThere: () => postgresPrograms() !== null,
  },
  { name: 'PgBouncer', uses: /\bstartPgbouncer\(/, isThere: () => onPath('pgbouncer') },
  { name: 'Redis', uses: /\bstartRedis\b/, isThere: () => onPath('redis-server') },
  { name: 'HAProxy', uses: /\bstartLoadBalancer\b/, isThere: () => onPath('haproxy') },
  { name: 'OpenSSL', uses: /'openssl'|\bCertificateAuthority\b/, isThere: () => onPath('openssl') },
  {
    name: 'Java, Kafka and ElasticMQ',
    uses: /\bstart(Kafka|Sqs)\b/,
    isThere: () => onPath('java') && existsSync(brokersDirectory()),
  },
  {
    name: 'Chromium',
    uses: /\bTestBrowser\b/,
    isThere: () => existsSync(process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'),
  },
  {
    name: 'Python 3.12',
    uses: /\binstallPythonSdk\b/,
    isThere: () => hasPython(),
  },
  { name: 'script (bsdutils)', uses: /'script', ?\[|'script',$/m, isThere: () => onPath('script') },
  { name: 'zsh and fish', uses: /\bsource \.\/fish\b/, isThere: () => onPath('zsh') && onPath('fish') },
  { name: 'Helm', uses: /\bhelmProgram\(/, isThere: () => onPath('helm') || inCache('helm/helm') },
  { name: 'systemd', uses: /'systemd-analyze'/, isThere: () => onPath('systemd-analyze') },
  { name: 'promtool (prometheus)', uses: /'promtool'/, isThere: () => onPath('promtool') },
];

/** A rough check. The suite itself checks the version of each Python. */
function hasPython(): boolean {
  const pyenv = join(process.env['PYENV_ROOT'] ?? join(homedir(), '.pyenv'), 'versions');
  const newer = globSync('3.1[2-9]*', { cwd: pyenv }).length > 0;
  return newer || inCache('python/bin/python3.13') || ['python3.12', 'python3.13', 'python3.14'].some(onPath);
}

/** The suites that cannot run here. If everything is installed, there are none, and no suite is read. */
export function leftOut(): LeftOut[] {
  const missing = NEEDS.filter(({ isThere }) => !isThere());
  if (missing.length === 0) return [];
  return globSync(TEST_FILES, { cwd: ROOT, exclude: (path) => /node_modules|dist/.test(path) })
    .sort()
    .flatMap((file) => {
      const source = withImports(join(ROOT, file));
      const lacks = missing.filter(({ uses }) => uses.test(source)).map(({ name }) => name);
      return lacks.length === 0 ? [] : [{ file, lacks }];
    });
}

/**
 * The text of the suite and of all files that it imports by path, directly or indirectly. Packages, such as the
 * testkit, are not read.
 */
function withImports(file: string): string {
  const read = new Map<string, string>();
  const visit = (path: string) => {
    if (read.has(path) || !existsSync(path)) return;
    const text = readFileSync(path, 'utf8');
    read.set(path, text);
    // Skip files of the testkit. Its own suites import the starters of all servers, but only the ones that they call
    // count.
    if (relative(ROOT, path).startsWith('packages/testkit/src/')) return;
    for (const [, name = ''] of text.matchAll(/\bfrom '(\.[^']+\.ts)'|\bimport\('(\.[^']+\.ts)'\)/g))
      if (name) visit(join(dirname(path), name));
  };
  visit(file);
  return [...read.values()].join('\n');
}

/** A message that says which suites did not run and what to do. Empty if all ran. */
export function describeLeftOut(suites: readonly LeftOut[]): string {
  if (suites.length === 0) return '';
  const lines = suites.map(({ file, lacks }) => `  ${file}: needs ${lacks.join(', ')}`);
  const left = suites.length === 1 ? '1 suite was left out' : `${suites.length} suites were left out`;
  return [
    `${left}, as programs that they start are not installed:`,
    ...lines,
    'scripts/setup-tests.sh installs them.',
  ].join('\n');
}
