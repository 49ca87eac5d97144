import { choice, duration, list, text, url } from '../option.ts';
import { MINUTE } from './units.ts';

export const auth = {
  publickey: list({
    default: [],
    allowed: 'paths of PEM files, or "none"',
    describe:
      'Path to the JWT public key in PEM format (repeatable; "none" accepts unsigned tokens; unset without jwks_url: auth is off)',
  }),
  jwks_url: url({
    default: null,
    schemes: ['http', 'https'],
    example: 'https://issuer.example.com/.well-known/jwks.json',
    describe: 'Where to fetch the public keys from (JWKS); refreshed as keys rotate',
  }),
  jwks_refresh: duration({
    default: 5 * MINUTE,
    min: 1_000,
    max: 24 * 60 * MINUTE,
    describe: 'How often the keys of jwks_url are fetched again; a key unknown until then is looked for at once',
  }),
  iss: text({ default: null, describe: 'Required issuer (iss claim) of a token' }),
  aud: text({ default: null, describe: 'Required audience (aud claim) of a token' }),
  leeway: duration({
    default: MINUTE,
    min: 0,
    max: 10 * MINUTE,
    describe: 'Tolerated clock skew when a token expires or begins to be valid',
  }),
  search_prefix: choice({
    choices: ['filter', 'deny'],
    default: 'filter',
    describe: 'What a search does for a token limited to a prefix: only what it may see, or 403',
  }),
};
