import { choice, duration, integer, list, text, url } from '../option.ts';
import { MINUTE, PORT } from './units.ts';

export const level = choice({
  choices: ['debug', 'info', 'warn', 'error'],
  default: 'info',
  describe: 'Log level',
});

const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/\s]+$/i;

export const server = {
  host: text({ default: 'localhost', describe: 'Host name under which clients reach the server' }),
  port: integer({ ...PORT, default: 8001, describe: 'Port of the HTTP API (0: any free port)' }),
  bind: text({ default: '0.0.0.0', describe: 'Address the HTTP API and the metrics endpoint listen on' }),
  shutdown_timeout: duration({
    default: 10_000,
    min: 0,
    max: 60 * MINUTE,
    describe: 'How long a clean shutdown may take',
  }),
  url: url({
    default: null,
    schemes: ['http', 'https'],
    example: 'https://resonate.example.com',
    describe: 'Externally reachable URL; http://{host}:{port} when unset. A dispatcher that pushes messages needs it',
  }),
  max_body_size: integer({
    default: 10 * 1024 * 1024,
    min: 1024,
    max: 256 * 1024 * 1024,
    describe: 'Largest request body in bytes; a bigger one is answered with 413',
  }),
  max_connections: integer({
    default: 10_000,
    min: 1,
    max: 1_000_000,
    describe: 'Most connections open at once, streams included',
  }),
  headers_timeout: duration({
    default: 20_000,
    min: 1_000,
    max: 10 * MINUTE,
    describe: 'How long the headers of a request may take to arrive',
  }),
  request_timeout: duration({
    default: MINUTE,
    min: 1_000,
    max: 60 * MINUTE,
    describe: 'How long a whole request may take to arrive; slower ones are answered with 408',
  }),
  cors: {
    allow_origins: list({
      default: [],
      alias: 'allow_origin',
      allowed: '"*" or origins such as https://app.example.com',
      check: (origin) => origin === '*' || ORIGIN.test(origin),
      describe: 'Origins a browser may call from (repeatable; * for any; none: CORS is off)',
    }),
  },
};
