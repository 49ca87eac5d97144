import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The paths of two PEM files. */
export interface CertificateFiles {
  certificate: string;
  key: string;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A certificate authority for tests, made with `openssl`. */
export class CertificateAuthority {
  readonly #directory = mkdtempSync(join(tmpdir(), 'ca-'));
  /** Its own certificate. */
  readonly file = join(this.#directory, 'ca.crt');
  #issued = 0;

  constructor() {
    chmodSync(this.#directory, 0o755);
    const self = ['-subj', '/CN=ca', '-addext', 'basicConstraints=critical,CA:TRUE', '-days', '2'];
    this.#openssl(['req', '-x509', ...KEY, ...self, '-keyout', 'ca.key', '-out', this.file]);
  }

  /** Issues a certificate for these names (`DNS:localhost,IP:127.0.0.1`). With 0 days it expires at once. */
  issue(names: string, days = 2): CertificateFiles {
    const name = `server${++this.#issued}`;
    const files = { certificate: join(this.#directory, `${name}.crt`), key: join(this.#directory, `${name}.key`) };
    writeFileSync(join(this.#directory, `${name}.ext`), `subjectAltName=${names}`);
    this.#openssl(['req', ...KEY, '-subj', '/CN=server', '-keyout', files.key, '-out', `${name}.csr`]);
    const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', String(days)];
    this.#openssl([
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...signed,
      '-extfile',
      `${name}.ext`,
      '-out',
      files.certificate,
    ]);
    return files;
  }

  /** Deletes all its files. */
  dispose(): void {
    rmSync(this.#directory, { recursive: true });
  }

  #openssl(args: string[]): void {
    execFileSync('openssl', args, { cwd: this.#directory, stdio: ['ignore', 'ignore', 'pipe'] });
  }
}
