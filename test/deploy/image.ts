import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { readLockfile } from '../../scripts/lockfile.ts';
import { contextFilter, last, parseDockerfile, words, type Stage } from './dockerfile.ts';

export const ROOT = join(import.meta.dirname, '../..');

const LINK = 'ln -s /opt/resonate/apps/cli/dist/main.js /usr/local/bin/resonate';
/** The folders that the second stage builds. */
const BUILT = ['apps/cli/dist', 'apps/dashboard/dist'];

export function readDockerfile() {
  return parseDockerfile(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'));
}

/**
 * Puts the files of the image into a folder of this machine: the files that the Dockerfile copies and .dockerignore keeps, and
 * the packages that `npm ci --omit=dev` installs. Then it runs the other commands of the Dockerfile, which delete some of them.
 */
export class Image {
  readonly directory: string;
  readonly #stage: Stage;

  constructor() {
    const [installed, built, final] = readDockerfile().stages;
    if (!installed || !built || !final) throw new Error('the Dockerfile does not have three stages');
    if (!last(final, 'RUN').includes(LINK)) throw new Error(`the Dockerfile does not: ${LINK}`);
    this.#stage = final;
    this.directory = mkdtempSync(join(tmpdir(), 'image-'));
    for (const { name, text } of installed.instructions) {
      if (name === 'COPY') this.#copy(text);
      else if (name === 'RUN' && text.includes('npm ci')) this.#install(text);
      else if (name === 'RUN') execFileSync('sh', ['-c', text], { cwd: this.directory, env: this.env() });
    }
    this.#build(built, final);
  }

  #copy(text: string): void {
    const kept = contextFilter(readFileSync(join(ROOT, '.dockerignore'), 'utf8'));
    const sources = text.split(/\s+/);
    const target = sources.pop() ?? '.';
    for (const source of sources) {
      const to = join(this.directory, target.endsWith('/') ? join(target, source) : target);
      cpSync(join(ROOT, source), to, { recursive: true, filter: (path) => kept(relative(ROOT, path)) });
    }
  }

  /** Copies the packages that are installed here from the same lock file. */
  #install(text: string): void {
    if (!text.includes('npm ci --omit=dev')) throw new Error(`the image would hold more than what runs: ${text}`);
    for (const [path, { dev }] of Object.entries(readLockfile(ROOT).packages)) {
      if (!path.includes('node_modules/') || dev || !existsSync(join(ROOT, path))) continue;
      cpSync(join(ROOT, path), join(this.directory, path), { recursive: true, verbatimSymlinks: true });
    }
  }

  /** Builds from the sources here, with the same commands as in the image. */
  #build(built: Stage, final: Stage): void {
    if (!last(built, 'RUN').endsWith('node scripts/bundle.ts && npx vite build apps/dashboard'))
      throw new Error('the Dockerfile does not build the command and the dashboard');
    for (const folder of BUILT) {
      const copied = `--from=built /opt/resonate/${folder} /opt/resonate/${folder}`;
      const isCopied = final.instructions.some(({ name, text }) => name === 'COPY' && text === copied);
      if (!isCopied) throw new Error(`the Dockerfile does not: COPY ${copied}`);
    }
    execFileSync('node', ['scripts/bundle.ts', this.directory], { cwd: ROOT });
    const dashboard = join(this.directory, 'apps/dashboard/dist');
    execFileSync('npx', ['vite', 'build', 'apps/dashboard', '--outDir', dashboard, '--logLevel', 'warn'], {
      cwd: ROOT,
    });
  }

  /** ENTRYPOINT with the arguments, or with CMD if there are none, as a command for this machine. */
  command(args: readonly string[] = []): string[] {
    const [entry, ...rest] = words(last(this.#stage, 'ENTRYPOINT'));
    if (entry !== 'resonate') throw new Error(`the Dockerfile starts ${entry}`);
    const given = args.length > 0 ? args : words(last(this.#stage, 'CMD'));
    return [join(this.directory, 'apps/cli/dist/main.js'), ...rest, ...given];
  }

  /** ENV of the image. `node` is the program that runs the tests. It has the version that the Dockerfile pins. */
  env(): Record<string, string> {
    const [, name = '', value = ''] = /^(\w+)=(\S+)$/.exec(last(this.#stage, 'ENV')) ?? [];
    return { [name]: value, PATH: `${dirname(process.execPath)}:/usr/bin:/bin` };
  }

  healthcheck(): string[] {
    return words(last(this.#stage, 'HEALTHCHECK'));
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
