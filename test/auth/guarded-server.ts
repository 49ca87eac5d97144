import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expiring, Signer } from '../../apps/api/src/auth/issuer.fixture.ts';
import { HttpClient, type RpcAnswer } from '../processes/http-client.ts';
import { ServerProcess } from '../processes/server-process.ts';

const ISSUER = 'https://issuer.example.com';

/** The place of a token in a request. */
export type Place = 'head' | 'header';

/** A server that requires tokens, with the issuer of these tokens. */
export class GuardedServer {
  readonly signer: Signer;
  readonly process: ServerProcess;
  readonly client: HttpClient;
  readonly #folder: string;

  private constructor(folder: string, signer: Signer, process: ServerProcess) {
    this.#folder = folder;
    this.signer = signer;
    this.process = process;
    this.client = new HttpClient(process.url);
  }

  static async start(...args: string[]): Promise<GuardedServer> {
    const folder = mkdtempSync(join(tmpdir(), 'auth-'));
    const signer = new Signer();
    const path = join(folder, 'public.pem');
    writeFileSync(path, signer.pem);
    // Tests wait for tokens to expire.
    const auth = ['--auth-publickey', path, '--auth-iss', ISSUER, '--auth-leeway', '0'];
    const process = await ServerProcess.start({ command: 'dev', args: [...auth, ...args] });
    return new GuardedServer(folder, signer, process);
  }

  /** Makes a valid token. These claims replace the default ones. */
  token(claims: Record<string, unknown>, signer = this.signer): string {
    return signer.token({ iss: ISSUER, exp: expiring(10_000), ...claims });
  }

  /** One request of the protocol. */
  ask(kind: string, data: unknown, token?: string, place: Place = 'head'): Promise<RpcAnswer> {
    const head = {
      corrId: randomUUID(),
      version: '2026-04-01',
      ...(place === 'head' && token !== undefined ? { auth: token } : {}),
    };
    return this.client.post(JSON.stringify({ kind, head, data }), place === 'header' ? bearer(token) : {});
  }

  /** The status of the answer to a GET. It does not wait until a stream ends. */
  status(path: string, token?: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const sent = get(`${this.process.url}${path}`, { agent: false, headers: bearer(token) }, (answer) => {
        answer.destroy();
        resolve(answer.statusCode ?? 0);
      });
      sent.on('error', reject);
    });
  }

  async dispose(): Promise<void> {
    this.client.close();
    await this.process.dispose();
    rmSync(this.#folder, { recursive: true });
  }
}

export function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}
