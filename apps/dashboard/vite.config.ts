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
    // The page's content security policy has no data: but for images, and files of their own can be cached.
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
        // The server refuses pages of other origins, and the page that Vite serves has one.
        headers: { origin: 'http://127.0.0.1:8001' },
      },
    },
  },
});

/** Each file beside itself as .br and .gz: the server sends those, and compresses nothing itself. */
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
