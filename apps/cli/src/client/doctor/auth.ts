import { readPemKeys } from '@resonate/api/keys';
import type { Config } from '@resonate/config';
import { failed, type Finding } from './finding.ts';

/** Checks that the files with public keys can be read. Only servers that answer requests read them. */
export function checkAuth({ auth }: Config, command: string): Finding[] {
  const check = 'auth';
  const { publickey, jwksUrl } = auth;
  if (command === 'scheduler' || command === 'dispatcher') return [{ check, status: 'off', detail: '' }];
  if (publickey.includes('none')) {
    return [{ check, status: 'warning', detail: 'unsigned tokens are accepted (auth.publickey is none)' }];
  }
  try {
    const keys = readPemKeys(publickey).length;
    if (jwksUrl !== null) return [{ check, status: 'ok', detail: `${keys} keys of files; not checked: auth.jwks_url` }];
    if (keys > 0) return [{ check, status: 'ok', detail: `${keys} public keys` }];
    return [{ check, status: 'off', detail: 'all requests are accepted' }];
  } catch (error) {
    return [failed(check, error)];
  }
}
