import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** `npm run build:ui`; `npm run dev -w @resonate/dashboard` serves it from sources beside a server on port 8001. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/ui/',
  build: {
    target: 'es2022',
    emptyOutDir: true,
    // Do not inline files: the page's content security policy allows data: only for images, and separate files can be
    // cached.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
  },
  plugins: [compressed()],
  server: {
    proxy: {
      '^/(admin/.*)?$': {
        target: 'http://127.0.0.1:8001',
        changeOrigin: true,
        // Replace the origin, because the server refuses pages of other origins, such as the page that Vite serves.
        headers: { origin: 'http://127.0.0.1:8001' },
      },
    },
  },
});

/** Writes a .br and a .gz file beside each file. The server sends these and compresses nothing itself. */
function compressed(): Plugin {
  let folder = '';
  return {
    name: 'compressed',
    apply: 'build',
    configResolved: ({ root, build }) => {
      folder = resolve(root, build.outDir);
    },
    closeBundle: () => {
      for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(?:html|js|css|svg)$/.test(file)) continue;
        const path = join(folder, file);
        const bytes = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(bytes));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}
