import { choice, duration, list, text, url } from '../option.ts';
import { MINUTE } from './units.ts';

export const auth = {
  publickey: list({
    default: [],
    allowed: 'paths of PEM files, or "none"',
    describe:
      'Path of a PEM file with public keys that verify tokens (repeatable). "none" accepts unsigned tokens. If neither this nor jwks_url is set, authentication is off',
  }),
  jwks_url: url({
    default: null,
    schemes: ['http', 'https'],
    example: 'https://issuer.example.com/.well-known/jwks.json',
    describe:
      'URL of a key set (JWKS) with the public keys. It is fetched again regularly, so keys can change without a restart',
  }),
  jwks_refresh: duration({
    default: 5 * MINUTE,
    min: 1_000,
    max: 24 * 60 * MINUTE,
    describe: 'How often the key set of jwks_url is fetched again. A token with an unknown key id also causes a fetch',
  }),
  iss: text({ default: null, describe: 'Issuer that every token must have (claim iss)' }),
  aud: text({ default: null, describe: 'Audience that every token must have (claim aud)' }),
  leeway: duration({
    default: MINUTE,
    min: 0,
    max: 10 * MINUTE,
    describe: 'Tolerated clock difference between issuer and server when exp and nbf of a token are checked',
  }),
  search_prefix: choice({
    choices: ['filter', 'deny'],
    default: 'filter',
    describe: 'How a search answers a token with a prefix: filter returns only ids with the prefix, deny answers 403',
  }),
};
