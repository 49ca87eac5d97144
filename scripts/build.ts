/**
 * `npm run build`: builds the npm package in dist/ (`npm pack ./dist`, `npm publish ./dist`) with the dashboard, and the
 * workers' packages in clients/dist. It is needed for installed packages only, because Node does not run TypeScript
 * inside node_modules.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { linkedFiles, OLDEST_NODE, packageManifest } from './package-manifest.ts';
import { missingDependencies, workspaces } from './workspaces.ts';

const DIST = 'dist';
const BIN = join(DIST, 'bin/resonate.js');
/** An older Node would fail with an incomprehensible error, so check its version first. */
const BIN_SOURCE = `#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  console.error('resonate needs Node ${OLDEST_NODE} or newer, this is ' + process.version);
  process.exit(1);
}
await import('../apps/cli/src/main.js');
`;

const missing = missingDependencies();
if (missing.length > 0) {
  console.error(`package.json lacks dependencies that an installed package needs: ${missing.join(', ')}`);
  process.exit(1);
}
rmSync(DIST, { recursive: true, force: true });
execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
namePackagesByPath();
for (const file of globSync('packages/*/src/**/*.sql')) {
  mkdirSync(join(DIST, dirname(file)), { recursive: true });
  cpSync(file, join(DIST, file));
}
mkdirSync(dirname(BIN));
writeFileSync(BIN, BIN_SOURCE);
chmodSync(BIN, 0o755);
execFileSync('npx', ['vite', 'build', 'apps/dashboard', '--outDir', resolve(DIST, 'ui')], { stdio: 'inherit' });
writeFileSync(join(DIST, 'package.json'), `${JSON.stringify(packageManifest(), null, 2)}\n`);
for (const file of ['LICENSE', 'README.md', ...linkedFiles('README.md')]) {
  cpSync(file, join(DIST, file), { recursive: true });
}
execFileSync('node', ['scripts/build-clients.ts'], { stdio: 'inherit' });

/** Replaces `@resonate/store` by the path of its entry file, because an installed package has no workspaces. */
function namePackagesByPath(): void {
  const entries = new Map(
    workspaces().flatMap(({ folder, name, exports = {} }) =>
      Object.entries(exports).map(
        ([path, file]) => [join(name, path), join(DIST, folder, toJavaScript(file))] as const,
      ),
    ),
  );
  for (const file of globSync(`${DIST}/**/*.js`)) {
    const source = readFileSync(file, 'utf8');
    const changed = source.replace(
      /(from |import\(|import )(['"])(@resonate\/[^'"]+)\2/g,
      (_, before: string, quote: string, name: string) => {
        const entry = entries.get(name);
        if (!entry) throw new Error(`${file}: nothing exports ${name}`);
        return `${before}${quote}./${relative(dirname(file), entry)}${quote}`;
      },
    );
    if (changed !== source) writeFileSync(file, changed);
  }
}

function toJavaScript(file: string): string {
  return file.replace(/\.ts$/, '.js');
}
