/**
 * `npm run build`: builds the npm package in dist/ (`npm pack ./dist`, `npm publish ./dist`) with the dashboard, and the
 * workers' packages in clients/dist. A checkout runs its sources.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundle } from './bundle.ts';
import { linkedFiles, packageManifest } from './package-manifest.ts';
import { missingDependencies } from './missing-dependencies.ts';

const DIST = resolve('dist');

const missing = missingDependencies();
if (missing.length > 0) {
  console.error(`package.json lacks dependencies that an installed package needs: ${missing.join(', ')}`);
  process.exit(1);
}
rmSync(DIST, { recursive: true, force: true });
await bundle(DIST);
execFileSync('npx', ['vite', 'build', 'apps/dashboard', '--outDir', join(DIST, 'apps/dashboard/dist')], {
  stdio: 'inherit',
});
writeFileSync(join(DIST, 'package.json'), `${JSON.stringify(packageManifest(), null, 2)}\n`);
for (const file of ['LICENSE', 'README.md', ...linkedFiles('README.md')]) {
  cpSync(file, join(DIST, file), { recursive: true });
}
execFileSync('node', ['scripts/build-clients.ts'], { stdio: 'inherit' });
