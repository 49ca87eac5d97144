import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import express from 'express';
import { dashboardRoutes } from './dashboard.ts';

let parent: string;
let folder: string;
let server: Server;

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'ui-'));
  folder = join(parent, 'dist');
  mkdirSync(folder);
  writeFileSync(join(parent, 'secret.txt'), 'secret');
  const app = express().use(dashboardRoutes(folder));
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => {
  server.close();
  rmSync(parent, { recursive: true });
});

function build(): void {
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<p>the page</p>');
  writeFileSync(join(folder, 'assets/index-1a2b.js'), 'plain()');
  writeFileSync(join(folder, 'assets/index-1a2b.js.br'), brotliCompressSync('packed()'));
}

/** Sends the path unchanged, because fetch would normalize it. */
async function get(path: string, headers = {}, method = 'GET') {
  const { port } = server.address() as AddressInfo;
  const sent = request({ port, host: '127.0.0.1', path, method, headers, agent: false }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) };
}

describe('the dashboard', () => {
  test('says how to build it if it is not built, and is served after the build', async () => {
    const before = await get('/ui/');
    expect([before.status, String(before.body)]).toEqual([404, expect.stringContaining('npm run build')]);
    build();
    expect(String((await get('/ui/')).body)).toBe('<p>the page</p>');
  });

  test.each(['/ui', '/ui/', '/ui/promises?state=pending', '/ui/any/path'])('is the page at %s', async (path) => {
    build();
    const { status, headers, body } = await get(path);
    expect([status, String(body)]).toEqual([200, '<p>the page</p>']);
    expect(headers['content-type']).toMatch(/^text\/html/);
    expect(headers['cache-control']).toBe('no-cache');
    const again = await get(path, { 'if-none-match': headers.etag });
    expect(again.status).toBe(304);
  });

  test('forbids its pages to load anything from other sites and to run inline scripts', async () => {
    build();
    const policy = String((await get('/ui/')).headers['content-security-policy']).split('; ');
    expect(policy).toEqual(
      expect.arrayContaining(["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]),
    );
    expect(policy.join()).not.toMatch(/unsafe|\*/);
  });

  test('sends the compressed files of the build, which may be cached forever', async () => {
    build();
    const packed = await get('/ui/assets/index-1a2b.js', { 'accept-encoding': 'gzip, br' });
    expect(packed.headers).toMatchObject({
      'content-encoding': 'br',
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': expect.stringContaining('javascript'),
      vary: 'Accept-Encoding',
    });
    expect(packed.body).toEqual(brotliCompressSync('packed()'));
    expect(String((await get('/ui/assets/index-1a2b.js')).body)).toBe('plain()');
    expect((await get('/ui/assets/index-gone.js')).status).toBe(404);
  });

  test.each([
    '/ui/../secret.txt',
    '/ui/%2e%2e/secret.txt',
    '/ui/..%2fsecret.txt',
    '/ui/assets/..%5c..%5c..%5csecret.txt',
  ])('serves nothing outside its folder: %s', async (path) => {
    build();
    expect(String((await get(path)).body)).not.toBe('secret');
  });

  test('is where a browser is redirected to from /; other clients and methods get a 404', async () => {
    build();
    const { status, headers } = await get('/', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    expect([status, headers.location]).toEqual([302, '/ui/']);
    expect((await get('/')).status).toBe(404);
    expect((await get('/', { accept: 'application/json' })).status).toBe(404);
    expect((await get('/ui/', {}, 'POST')).status).toBe(404);
  });
});
