import { chmodSync, cpSync, globSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { build } from 'rolldown';

const ROOT = join(import.meta.dirname, '..');
const MAIN = 'apps/cli/src/main.ts';
/** A worker thread loads this file by its name. */
const THREAD = 'packages/drivers/src/sqlite/log-checkpoint-thread.ts';

/**
 * Bundles our own code into the folder apps/cli/dist of `root`. npm packages stay outside. An installed package needs
 * JavaScript, because Node does not run TypeScript inside node_modules, and a server starts faster from 40 files than from
 * 360 (docs/install.md).
 *
 * The code finds other files by paths relative to its own file. These paths are also correct in the bundle: its folder is three
 * levels below the root, as apps/api/src and packages/config/src are, and it contains the thread and the migrations.
 *
 * There are no source maps. Node reads them only with --enable-source-maps, which makes the start slower (1.2 s of CPU
 * instead of 1.0 s). Stack traces have the names of functions, and a comment above each part of a bundled file names its
 * source.
 *
 * @returns the path of the command. `node scripts/bundle.ts [ROOT]` prints it.
 */
export async function bundle(root = ROOT): Promise<string> {
  const folder = resolve(root, 'apps/cli/dist');
  rmSync(folder, { recursive: true, force: true });
  await build({
    cwd: ROOT,
    input: [MAIN, THREAD],
    platform: 'node',
    external: /^(?!@resonate\/)[^./]/,
    output: { dir: folder, chunkFileNames: '[name].js' },
    logLevel: 'warn',
  });
  for (const migrations of globSync('packages/store/src/dialects/*/migrations', { cwd: ROOT })) {
    const dialect = basename(dirname(migrations));
    cpSync(join(ROOT, migrations), join(folder, 'dialects', dialect, 'migrations'), { recursive: true });
  }
  const main = join(folder, basename(MAIN).replace('.ts', '.js'));
  chmodSync(main, 0o755);
  return main;
}

if (import.meta.main) console.log(await bundle(process.argv[2]));
