import { defineConfig } from 'vite';

/** `npm run build:ui`; `npm run dev -w @resonate/dashboard` serves it from sources beside a server on port 8001. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/ui/',
  build: {
    target: 'es2022',
    // The page's content security policy has no data: for fonts, and caching wants files of their own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
  },
  server: { proxy: { '^/(admin/.*)?$': 'http://127.0.0.1:8001' } },
});
