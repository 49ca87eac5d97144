import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';

/**
 * Certificate authorities in PEM: those that Node trusts (including NODE_EXTRA_CA_CERTS) and those of a file.
 * @throws if the file cannot be read or has no certificate.
 */
export function trustedWith(caFile: string): string[] {
  const certificates = readFileSync(caFile, 'utf8').match(
    /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g,
  );
  if (certificates === null) throw new Error(`${caFile} contains no certificate in PEM format`);
  for (const certificate of certificates) {
    try {
      new X509Certificate(certificate);
    } catch (error) {
      throw new Error(`${caFile} contains a certificate that cannot be parsed`, { cause: error });
    }
  }
  return [...getCACertificates('default'), ...certificates];
}
