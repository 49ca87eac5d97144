import { bool, choice, duration, integer, list, text, url } from '../option.ts';
import { MINUTE } from './units.ts';

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const HOST_AND_PORT = /^(?:[^\s:/@]+|\[[0-9a-fA-F:.]+\]):\d{1,5}$/;
const MIB = 1024 * 1024;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SANDBOX_URL = /^https?:\/\/[^\s@]+$/;
const NAMED_BROKER = /^[A-Za-z0-9._-]{1,249}=(?:[^\s:/@]+|\[[0-9a-fA-F:.]+\]):\d{1,5}$/;
const HOST_PATTERN = /^(?:\*\.)?[^\s/@*]+$/;

const httpPush = {
  enabled: bool({ default: true, describe: 'Deliver to http:// and https:// targets' }),
  concurrency: integer({
    default: 16,
    min: 1,
    max: 10_000,
    describe: 'Most pushes under way at once to one target (scheme, host and port): a hanging one holds up no other',
  }),
  max_in_flight: integer({
    default: 1000,
    min: 1,
    max: 100_000,
    describe: 'Most pushes under way at once to all targets together',
  }),
  connect_timeout: duration({ default: 10_000, min: 1, max: 10 * MINUTE, describe: 'How long connecting may take' }),
  request_timeout: duration({
    default: 180_000,
    min: 1,
    max: 60 * MINUTE,
    describe: 'How long a push may take until its answer is complete',
  }),
  ca_file: text({ default: null, describe: 'PEM file of further certificate authorities to trust' }),
  allow_hosts: list({
    default: [],
    allowed: 'hosts such as workers.example.com, *.example.com or 10.0.0.5:9000',
    check: (host) => HOST_PATTERN.test(host),
    describe: 'Hosts that may be pushed to (repeatable; none: any)',
  }),
  auth: {
    mode: choice({ choices: ['none', 'bearer', 'gcp'], default: 'none', describe: 'How a push authenticates itself' }),
    token: text({ default: null, secret: true, describe: 'Static bearer token (mode bearer)' }),
    aud: text({ default: null, describe: 'Fixed OIDC audience (mode gcp); the target URL when unset' }),
    header: text({
      default: 'Authorization',
      allowed: 'the name of an HTTP header',
      check: (name) => HEADER_NAME.test(name),
      describe: 'Request header that carries the token',
    }),
  },
};

const bashExec = {
  enabled: bool({
    default: false,
    describe: 'Run scripts for bash:// targets (anyone who may create a promise can then run code here)',
  }),
  max_running: integer({
    default: 16,
    min: 1,
    max: 1000,
    describe: 'Most scripts that run at once in one process; further ones wait, or run in another dispatcher',
  }),
  max_output: integer({
    default: MIB,
    min: 1024,
    max: 8 * MIB,
    describe:
      'Longest output of a script in bytes: with more on stdout its promise is rejected; of stderr the end is kept',
  }),
  pass_env: list({
    default: [],
    allowed: 'names of environment variables other than RESONATE_*',
    check: (name) => VARIABLE.test(name) && !name.startsWith('RESONATE_'),
    describe: 'Variables of the server that local scripts get too, beside PATH, HOME, locale and the like (repeatable)',
  }),
  tensorlake: {
    api_key: text({
      default: null,
      secret: true,
      describe: "API key of Tensorlake; the environment's TENSORLAKE_API_KEY when unset",
    }),
    api_url: url({
      default: null,
      schemes: ['http', 'https'],
      example: 'https://api.tensorlake.ai',
      describe: "Tensorlake's API; https://api.tensorlake.ai when unset",
    }),
    sandbox_url: text({
      default: 'https://{id}.sandbox.tensorlake.ai',
      allowed: 'a URL with {id}, such as https://{id}.sandbox.tensorlake.ai',
      check: (template) => SANDBOX_URL.test(template) && template.includes('{id}'),
      describe: 'Where a Tensorlake sandbox answers; {id} stands for its id',
    }),
  },
};

const kafka = {
  enabled: bool({ default: false, describe: 'Deliver to kafka:// targets' }),
  brokers: list({
    default: [],
    allowed: 'brokers such as host:9092',
    check: (broker) => HOST_AND_PORT.test(broker),
    describe: 'Brokers to start from (repeatable)',
  }),
  clusters: list({
    default: [],
    allowed: 'brokers of named clusters such as eu=host:9092',
    check: (broker) => NAMED_BROKER.test(broker),
    describe: 'Brokers of the clusters that kafka://CLUSTER/TOPIC names, as CLUSTER=host:port (repeatable)',
  }),
  tls: bool({ default: false, describe: 'Connect with TLS' }),
  ca_file: text({ default: null, describe: 'PEM file of further certificate authorities to trust' }),
  sasl: {
    mechanism: choice({
      choices: ['none', 'plain', 'scram-sha-256', 'scram-sha-512'],
      default: 'none',
      describe: 'SASL mechanism',
    }),
    username: text({ default: null, describe: 'SASL user' }),
    password: text({ default: null, secret: true, describe: 'SASL password' }),
  },
};

const sqs = {
  enabled: bool({ default: false, describe: 'Deliver to sqs:// targets' }),
  region: text({ default: null, describe: "AWS region; the environment's (AWS_REGION) when unset" }),
  endpoint: url({
    default: null,
    schemes: ['http', 'https'],
    example: 'http://localhost:9324',
    describe: 'Endpoint of an SQS-compatible server; that of AWS when unset',
  }),
};

export const transports = {
  http_push: httpPush,
  http_poll: {
    enabled: bool({ default: true, describe: "Deliver to poll:// targets over workers' event streams (SSE)" }),
    max_connections: integer({
      default: 1000,
      min: 1,
      max: 1_000_000,
      describe: 'Most streams open at once; a further one is answered with 503',
    }),
    buffer_size: integer({
      default: 100,
      min: 1,
      max: 100_000,
      describe: 'Most messages a slow stream may hold unread',
    }),
    buffer_bytes: integer({
      default: 16 * MIB,
      min: 1024,
      max: 1024 * MIB,
      describe: 'Most bytes of messages a slow stream may hold unread; one message may be larger',
    }),
    total_buffer_bytes: integer({
      default: 128 * MIB,
      min: 1024,
      max: 64 * 1024 * MIB,
      describe: 'Most bytes of unread messages that all streams of a process may hold together',
    }),
  },
  websocket: {
    enabled: bool({
      default: true,
      describe:
        'Accept WebSockets of workers, which carry requests, answers and poll:// messages (off too without http_poll.enabled)',
    }),
    max_in_flight: integer({
      default: 1024,
      min: 1,
      max: 100_000,
      describe: 'Most requests of one connection under way at once: beyond, it is not read until some are answered',
    }),
    max_unread: integer({
      default: 64 * MIB,
      min: MIB,
      max: 1024 * MIB,
      describe: 'Most bytes that may wait for a worker that does not read its connection; beyond, it is cut off',
    }),
  },
  gcps: {
    enabled: bool({ default: false, describe: 'Deliver to gcps:// targets (GCP Pub/Sub)' }),
    project: text({ default: null, describe: 'Default GCP project ID' }),
  },
  bash_exec: bashExec,
  kafka,
  sqs,
};
