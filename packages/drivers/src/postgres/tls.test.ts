import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { giveToServer, startPostgres, type TestServer } from '@resonate/testkit';
import { Connections } from './connections.ts';

let directory: string;
let server: TestServer;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tls-'));
  chmodSync(directory, 0o755);
  const [certificate, key] = [join(directory, 'server.crt'), join(directory, 'server.key')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const form = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', [...form, ...subject, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  chmodSync(key, 0o600);
  giveToServer(key);
  server = await startPostgres({ ssl: 'on', ssl_cert_file: certificate, ssl_key_file: key });
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

/** Whether a connection made with these parameters of the URL is encrypted. */
async function encrypted(parameters: string, host = '127.0.0.1'): Promise<boolean> {
  const url = `${server.url.replace('127.0.0.1', host)}${parameters}`;
  const options = { url, poolSize: 1, connectTimeoutMs: 5_000, statementTimeoutMs: 5_000 };
  const connections = new Connections(options);
  try {
    const text = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
    const [rows] = await connections.use((session) => session.run([{ text }]));
    return rows?.[0]?.[0] === 't';
  } finally {
    await connections.close();
  }
}

describe('a connection', () => {
  test.each([
    ['', false],
    ['?sslmode=disable', false],
    ['?sslmode=require', true],
    ['?application_name=mine&sslmode=no-verify', true],
  ])('with %j in its URL: encrypted %j', async (parameters, expected) => {
    expect(await encrypted(parameters)).toBe(expected);
  });

  test('verifies the server by the certificate that its URL names', async () => {
    const trusted = `&sslrootcert=${join(directory, 'server.crt')}`;
    expect(await encrypted(`?sslmode=verify-full${trusted}`, 'localhost')).toBe(true);
    expect(await encrypted(`?sslmode=verify-ca${trusted}`)).toBe(true);
  });

  test('is refused when the certificate is unknown or names another server', async () => {
    await expect(encrypted('?sslmode=verify-full', 'localhost')).rejects.toThrow('self-signed certificate');
    const trusted = `&sslrootcert=${join(directory, 'server.crt')}`;
    await expect(encrypted(`?sslmode=verify-full${trusted}`)).rejects.toThrow(
      /cannot connect to Postgres.*127\.0\.0\.1/,
    );
  });
});
