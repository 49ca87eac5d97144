import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { connectionOptions } from './url.ts';

describe('a MySQL URL', () => {
  test('names host, port, user, password and database', () => {
    expect(connectionOptions('mysql://us%40er:p%2Fw@db.example:3307/na%20me')).toEqual({
      host: 'db.example',
      port: 3307,
      user: 'us@er',
      password: 'p/w',
      database: 'na me',
    });
    expect(connectionOptions('mysql://root@[::1]/x')).toMatchObject({ host: '::1', port: 3306, password: '' });
  });

  test('sets TLS: off, encrypted, verified by certificate authority, verified by host name', () => {
    const folder = mkdtempSync(join(tmpdir(), 'url-'));
    const file = join(folder, 'ca.pem');
    writeFileSync(file, 'a certificate');
    const ssl = (query: string) => connectionOptions(`mysql://root@host/x?${query}`).ssl;
    try {
      expect(ssl('ssl-mode=DISABLED')).toBeUndefined();
      expect(ssl('ssl-mode=required')).toEqual({ rejectUnauthorized: false, verifyIdentity: false });
      const ca = Buffer.from('a certificate');
      expect(ssl(`ssl-ca=${file}`)).toEqual({ rejectUnauthorized: true, verifyIdentity: false, ca });
      expect(ssl(`ssl-mode=VERIFY_IDENTITY&ssl-ca=${file}&ssl-cert=${file}&ssl-key=${file}`)).toEqual({
        rejectUnauthorized: true,
        verifyIdentity: true,
        ca,
        cert: ca,
        key: ca,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    ['no url', 'must look like mysql://'],
    ['postgres://user:secret@host/db', 'must look like mysql://'],
    ['mysql://user:secret@host:3306', 'names no database'],
    ['mysql://user:secret%@host/db', 'the MySQL URL has a % that is not percent-encoded (write %25)'],
    ['mysql://us%er:secret@host/db', 'the MySQL URL has a % that is not percent-encoded (write %25)'],
    ['mysql://user:secret@host/d%b', 'the MySQL URL has a % that is not percent-encoded (write %25)'],
    ['mysql://user:secret@host/db?sslmode=require', 'unknown MySQL URL parameter sslmode: known are ssl-mode'],
    ['mysql://user:secret@host/db?ssl-mode=PREFERRED', 'known are DISABLED, REQUIRED'],
    ['mysql://user:secret@host/db?ssl-ca=/no/such/file', 'cannot read ssl-ca'],
  ])('that is %s is refused without showing the password', (url, reason) => {
    const read = () => connectionOptions(url);
    expect(read).toThrow(reason);
    expect(read).not.toThrow('secret');
  });
});
