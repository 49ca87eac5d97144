import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { CertificateAuthority } from './certificates.ts';

let authority: CertificateAuthority;

beforeEach(() => {
  authority = new CertificateAuthority();
});
afterEach(() => authority.dispose());

test('a certificate that cannot be issued is an error with the reason', () => {
  expect(() => authority.issue('nonsense')).toThrow(/subjectAltName/);
});
