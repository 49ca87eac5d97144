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
    describe:
      'Maximum number of concurrent pushes to one target (scheme, host and port), so that a target that hangs does not delay others',
  }),
  max_in_flight: integer({
    default: 1000,
    min: 1,
    max: 100_000,
    describe: 'Maximum number of concurrent pushes to all targets together',
  }),
  connect_timeout: duration({
    default: 10_000,
    min: 1,
    max: 10 * MINUTE,
    describe: 'How long connecting to a target may take',
  }),
  request_timeout: duration({
    default: 180_000,
    min: 1,
    max: 60 * MINUTE,
    describe: 'How long a push may take, from its start until its answer is complete',
  }),
  ca_file: text({ default: null, describe: 'PEM file of further certificate authorities to trust' }),
  allow_hosts: list({
    default: [],
    allowed: 'hosts such as workers.example.com, *.example.com or 10.0.0.5:9000',
    check: (host) => HOST_PATTERN.test(host),
    describe: 'Hosts to which messages may be pushed (repeatable; if the list is empty, all hosts)',
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
    describe: 'Run scripts for bash:// targets. Everybody who may create a promise can then run code on this machine',
  }),
  max_running: integer({
    default: 16,
    min: 1,
    max: 1000,
    describe:
      'Maximum number of scripts that one process runs at once; further ones wait, or run in another dispatcher',
  }),
  max_output: integer({
    default: MIB,
    min: 1024,
    max: 8 * MIB,
    describe:
      'Maximum output of a script in bytes. If stdout is longer, the promise is rejected. Of stderr, the last bytes are kept',
  }),
  pass_env: list({
    default: [],
    allowed: 'names of environment variables other than RESONATE_*',
    check: (name) => VARIABLE.test(name) && !name.startsWith('RESONATE_'),
    describe:
      'Further environment variables of the server that local scripts get, besides PATH, HOME, locale and a few others (repeatable)',
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
      describe: 'URL of a Tensorlake sandbox; {id} stands for its id',
    }),
  },
};

const kafka = {
  enabled: bool({ default: false, describe: 'Deliver to kafka:// targets' }),
  brokers: list({
    default: [],
    allowed: 'brokers such as host:9092',
    check: (broker) => HOST_AND_PORT.test(broker),
    describe: 'Bootstrap brokers of the default cluster (repeatable)',
  }),
  clusters: list({
    default: [],
    allowed: 'brokers of named clusters such as eu=host:9092',
    check: (broker) => NAMED_BROKER.test(broker),
    describe:
      'Bootstrap brokers of further clusters, as CLUSTER=host:port, for addresses such as kafka://CLUSTER/TOPIC (repeatable)',
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
    describe: "Endpoint of an SQS-compatible server; if unset, AWS's endpoint",
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
      describe: 'Maximum number of open streams; a further one is answered with 503',
    }),
    buffer_size: integer({
      default: 100,
      min: 1,
      max: 100_000,
      describe: 'Maximum number of unread messages of one stream',
    }),
    buffer_bytes: integer({
      default: 16 * MIB,
      min: 1024,
      max: 1024 * MIB,
      describe: 'Maximum size in bytes of the unread messages of one stream; a single message may be larger',
    }),
    total_buffer_bytes: integer({
      default: 128 * MIB,
      min: 1024,
      max: 64 * 1024 * MIB,
      describe: 'Maximum size in bytes of the unread messages of all streams of a process together',
    }),
  },
  websocket: {
    enabled: bool({
      default: true,
      describe:
        'Accept WebSockets of workers, which carry requests, answers and poll:// messages. Also off if http_poll.enabled is off',
    }),
    max_in_flight: integer({
      default: 1024,
      min: 1,
      max: 100_000,
      describe:
        'Maximum number of concurrent requests of one connection. Beyond it the server stops reading from the connection until some are answered',
    }),
    max_unread: integer({
      default: 64 * MIB,
      min: MIB,
      max: 1024 * MIB,
      describe:
        'Maximum size in bytes of what one worker has not read from its connection. Beyond it the server closes the connection',
    }),
  },
  gcps: {
    enabled: bool({ default: false, describe: 'Deliver to gcps:// targets (GCP Pub/Sub)' }),
    project: text({
      default: null,
      describe: 'ID of the GCP project that is billed for the calls; if unset, the project of the first topic',
    }),
  },
  bash_exec: bashExec,
  kafka,
  sqs,
};
