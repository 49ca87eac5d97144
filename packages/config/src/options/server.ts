import { choice, duration, integer, list, text, url } from '../option.ts';
import { MINUTE, PORT } from './units.ts';

export const level = choice({
  choices: ['debug', 'info', 'warn', 'error'],
  default: 'info',
  describe: 'Log level',
});

const MIB = 1024 * 1024;
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/\s]+$/i;
const HOST_NAME = /^(?:\*|(?:\*\.)?[^\s/@*:[\]]+|\[[\da-f:.]+\])$/i;

export const server = {
  host: text({ default: 'localhost', describe: 'Host name under which clients reach the server' }),
  port: integer({ ...PORT, default: 8001, describe: 'Port of the HTTP API (0: any free port)' }),
  bind: text({ default: '0.0.0.0', describe: 'Address on which the HTTP API and the metrics endpoint listen' }),
  shutdown_timeout: duration({
    default: 10_000,
    min: 0,
    max: 60 * MINUTE,
    describe: 'How long a clean shutdown may take; after that the process ends with exit code 1',
  }),
  url: url({
    default: null,
    schemes: ['http', 'https'],
    example: 'https://resonate.example.com',
    describe:
      'URL at which workers reach this server; http://{host}:{port} if unset. A dispatcher that pushes messages needs it',
  }),
  allowed_hosts: list({
    default: [],
    allowed: 'host names without a port such as resonate-api or *.example.com, or "*"',
    check: (host) => HOST_NAME.test(host),
    describe:
      'Further host names under which clients reach a server without authentication, besides those of this machine and of server.url (repeatable; * for any). Requests with other Host headers are refused, so that no web page can reach the server through its own domain',
  }),
  max_body_size: integer({
    default: 2 * MIB,
    min: 1024,
    max: 256 * MIB,
    describe: 'Largest request body in bytes; larger ones are answered with 413',
  }),
  max_unfinished_bodies: integer({
    default: 64 * MIB,
    min: MIB,
    max: 16 * 1024 * MIB,
    describe:
      'Maximum total size in bytes of all request bodies, and of all frames of WebSockets, that have arrived only in part; beyond it the oldest body is answered with 503, or the connection of the oldest frame is closed',
  }),
  max_unread_answers: integer({
    default: 128 * MIB,
    min: MIB,
    max: 16 * 1024 * MIB,
    describe:
      'Maximum total size in bytes of all answers that clients have not read yet; it is never more than an eighth of the heap. Beyond it the connection of the oldest answer is closed',
  }),
  max_connections: integer({
    default: 10_000,
    min: 1,
    max: 1_000_000,
    describe: 'Maximum number of open connections, streams included',
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
      describe:
        "Origins whose web pages may call the server (repeatable; * for any). Other pages are refused, except the server's own",
    }),
  },
};
