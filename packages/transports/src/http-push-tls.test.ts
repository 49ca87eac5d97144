import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { CertificateAuthority, type CertificateFiles } from '@resonate/testkit';
import { HttpPush } from './http-push.ts';
import { to } from './outgoing.fixture.ts';

const servers: { close(): unknown }[] = [];
let authority: CertificateAuthority;

beforeAll(() => {
  authority = new CertificateAuthority();
});
afterAll(() => {
  for (const server of servers) server.close();
  authority.dispose();
});

/** @returns the port of a target that answers every push with success. */
async function serve({ certificate, key }: CertificateFiles): Promise<number> {
  const server: Server = createServer(
    { cert: readFileSync(certificate), key: readFileSync(key) },
    (request, response) => {
      request.resume().once('end', () => response.writeHead(204, { connection: 'close' }).end());
    },
  );
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** @returns why a push failed; null if it succeeded. */
async function push(address: string, caFile: string | null): Promise<string | null> {
  const transport = new HttpPush({ connectTimeoutMs: 300, requestTimeoutMs: 5_000, connectionsPerTarget: 1, caFile });
  try {
    return await transport.push(to(address)).then(
      () => null,
      (error: unknown) => (error as Error).message,
    );
  } finally {
    await transport.close();
  }
}

describe('a target with TLS', () => {
  test('is pushed to if its authority is in the file', async () => {
    const port = await serve(authority.issue('DNS:localhost'));
    expect(await push(`https://localhost:${port}/`, authority.file)).toBeNull();
  });

  test('is refused if its authority is unknown', async () => {
    const port = await serve(authority.issue('DNS:localhost'));
    expect(await push(`https://localhost:${port}/`, null)).toMatch(/unable to verify|self-signed|unable to get/);
  });

  test('is refused when its certificate is for another host', async () => {
    const port = await serve(authority.issue('DNS:elsewhere.example'));
    expect(await push(`https://localhost:${port}/`, authority.file)).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  test('is refused if its certificate has expired', async () => {
    const port = await serve(authority.issue('DNS:localhost', 0));
    expect(await push(`https://localhost:${port}/`, authority.file)).toContain('certificate has expired');
  });

  test('that does not speak TLS is refused', async () => {
    const plain = createTcpServer((socket) => socket.end('220 mail ready\r\n')).listen(0, '127.0.0.1');
    servers.push(plain);
    await once(plain, 'listening');
    expect(await push(`https://localhost:${(plain.address() as AddressInfo).port}/`, null)).toMatch(
      /wrong version|packet/,
    );
  });

  test('that never answers the handshake fails after the connection timeout', async () => {
    const mute = createTcpServer((socket) => servers.push({ close: () => socket.destroy() })).listen(0, '127.0.0.1');
    servers.push(mute);
    await once(mute, 'listening');
    const address = `https://localhost:${(mute.address() as AddressInfo).port}/`;
    expect(await push(address, null)).toContain('Connect Timeout');
  });
});

describe('a file of authorities', () => {
  const options = { connectTimeoutMs: 300, requestTimeoutMs: 300, connectionsPerTarget: 1 };

  test('that does not exist is an error at the start', () => {
    expect(() => new HttpPush({ ...options, caFile: '/nowhere/ca.pem' })).toThrow('/nowhere/ca.pem');
  });

  test('without a valid certificate is an error at the start', () => {
    const file = authority.issue('DNS:localhost').key;
    expect(() => new HttpPush({ ...options, caFile: file })).toThrow('no certificate');
    writeFileSync(file, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    expect(() => new HttpPush({ ...options, caFile: file })).toThrow('cannot be parsed');
  });
});
