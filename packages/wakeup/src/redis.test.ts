import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { freePort, startRedis } from '@resonate/testkit';
import { Redis } from 'ioredis';
import { Peer } from './peer.fixture.ts';

const NOW = { timerAt: 1, deliveries: {} };

function withPassword(url: string, password: string): string {
  const changed = new URL(url);
  changed.password = password;
  return changed.href;
}

async function expectDelivery(a: Peer, b: Peer): Promise<void> {
  a.wakeup.publish(NOW);
  await b.until(() => b.hints.length > 0);
  expect(b.hints).toEqual([NOW]);
}

describe('wake-ups over a Redis', () => {
  test('fail with a wrong password, and work with the right one', async () => {
    const server = await startRedis({ requirepass: 'sesame' });
    const a = new Peer({ type: 'redis', url: withPassword(server.url, 'sesame'), processId: 'a' });
    const b = new Peer({ type: 'redis', url: withPassword(server.url, 'poppy'), processId: 'b' });
    await a.started();
    await b.wakeup.start();
    await b.until(() => b.log.length >= 3);
    expect(b.log[0]).toMatchObject({ level: 'warn', error: { message: expect.stringContaining('WRONGPASS') } });
    expect(b.log.slice(1).every(({ level }) => level === 'debug')).toBe(true);
    expect(b.connected).toBe(false);

    const operator = new Redis(withPassword(server.url, 'sesame'));
    await operator.config('SET', 'requirepass', 'poppy');
    await operator.quit();
    await b.until(() => b.connected);
    await expectDelivery(a, b);
    await Promise.all([a, b].map((peer) => peer.wakeup.stop()));
    await server.stop();
  });

  test('are encrypted if the URL says so, and only with a trusted certificate', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'redis-tls-'));
    const { cert, key } = await createCertificate(directory);
    const port = await freePort();
    const server = await startRedis({
      'tls-port': String(port),
      'tls-cert-file': cert,
      'tls-key-file': key,
      'tls-auth-clients': 'no',
      'tls-ca-cert-file': cert,
    });
    const a = new Peer({ type: 'redis', url: `rediss://localhost:${port}`, processId: 'a' });
    const b = new Peer({ type: 'redis', url: server.url, processId: 'b' });
    await b.started();
    await a.wakeup.start();
    // Several times, because the number of errors that a refused certificate causes depends on timing.
    await a.until(() => a.log.length >= 6);
    expect(a.log[0]).toMatchObject({ level: 'warn', error: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } });

    const trusted = tls.getCACertificates('default');
    tls.setDefaultCACertificates([...trusted, readFileSync(cert, 'utf8')]);
    await a.until(() => a.connected);
    await expectDelivery(a, b);
    tls.setDefaultCACertificates(trusted);
    await Promise.all([a, b].map((peer) => peer.wakeup.stop()));
    await server.stop();
    rmSync(directory, { recursive: true });
  });
});

/** For localhost, readable for the server's user. */
async function createCertificate(directory: string): Promise<{ cert: string; key: string }> {
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '1', '-nodes'];
  await promisify(execFile)('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-keyout',
    key,
    '-out',
    cert,
    ...subject,
  ]);
  for (const path of [directory, key]) chmodSync(path, 0o755);
  return { cert, key };
}
