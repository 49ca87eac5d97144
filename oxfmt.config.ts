import { defineConfig } from 'oxfmt';

export default defineConfig({
  singleQuote: true,
  printWidth: 120,
  sortPackageJson: false,
  ignorePatterns: [
    'package-lock.json',
    'dist/',
    'coverage/',
    'test/upgrade/databases/',
    'deploy/helm/resonate/templates/',
  ],
});
