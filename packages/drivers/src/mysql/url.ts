import { readFileSync } from 'node:fs';
import type { SslOptions } from 'mysql2';
import { errorText } from '../error-text.ts';

export interface ConnectionOptions {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  ssl?: SslOptions;
}

const MODES = ['DISABLED', 'REQUIRED', 'VERIFY_CA', 'VERIFY_IDENTITY'];
const PARAMETERS = ['ssl-mode', 'ssl-ca', 'ssl-cert', 'ssl-key'];

/**
 * Reads mysql://user:password@host:3306/database?ssl-mode=VERIFY_IDENTITY&ssl-ca=FILE&ssl-cert=FILE&ssl-key=FILE.
 * Without `ssl-mode` the connection is encrypted and verified when there is an `ssl-ca`, else not encrypted.
 * @throws an Error that says what is wrong but never has the URL, which holds a password.
 */
export function connectionOptions(text: string): ConnectionOptions {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'mysql:') throw new Error('the MySQL URL must look like mysql://user:password@host:3306/name');
  const database = decoded(url.pathname.slice(1));
  if (database === '')
    throw new Error('the MySQL URL names no database: it must look like mysql://user:password@host:3306/name');
  const ssl = sslOptions(url.searchParams);
  return {
    host: decoded(url.hostname.replace(/^\[|\]$/g, '')),
    port: Number(url.port || 3306),
    user: decoded(url.username),
    password: decoded(url.password),
    database,
    ...(ssl ? { ssl } : {}),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('the MySQL URL has a % that is not percent-encoded (write %25)');
  }
}

function sslOptions(parameters: URLSearchParams): SslOptions | null {
  for (const name of parameters.keys()) {
    if (!PARAMETERS.includes(name))
      throw new Error(`unknown MySQL URL parameter ${name}: known are ${PARAMETERS.join(', ')}`);
  }
  const mode = (parameters.get('ssl-mode') ?? (parameters.has('ssl-ca') ? 'VERIFY_CA' : 'DISABLED')).toUpperCase();
  if (!MODES.includes(mode)) throw new Error(`unknown ssl-mode in the MySQL URL: known are ${MODES.join(', ')}`);
  if (mode === 'DISABLED') return null;
  const file = (name: string) => {
    const path = parameters.get(name);
    if (path === null) return {};
    try {
      return { [name.slice('ssl-'.length)]: readFileSync(path) };
    } catch (error) {
      throw new Error(`cannot read ${name} of the MySQL URL: ${errorText(error)}`, { cause: error });
    }
  };
  return {
    rejectUnauthorized: mode !== 'REQUIRED',
    verifyIdentity: mode === 'VERIFY_IDENTITY',
    ...file('ssl-ca'),
    ...file('ssl-cert'),
    ...file('ssl-key'),
  };
}
