/** Checks for values that are allowed on their own but not in combination. */
import type { Config } from './declarations.ts';

/** Where the values come from. */
export interface Context {
  /** Describes an option: its path, and where its value was set or can be set. */
  where(path: string): string;
  /** False if the option has its default. */
  isSet(path: string): boolean;
  command: string | undefined;
}

type Check = (config: Config, given: Context) => string | null;

const ROLES = new Set<string | undefined>(['api', 'scheduler', 'dispatcher']);

function storeUrl(config: Config, { where }: Context): string | null {
  const { type } = config.storage;
  if (type === 'sqlite' || config.storage[type].url !== null) return null;
  return `${where('storage.type')} is ${type}, but ${where(`storage.${type}.url`)} is not set`;
}

/** Without this check a server would keep its data in a local file, although it was given a database. */
function unusedUrl(_: Config, { where, isSet }: Context): string | null {
  const type = (['postgres', 'mysql'] as const).find((known) => isSet(`storage.${known}.url`));
  if (type === undefined || isSet('storage.type')) return null;
  return `${where(`storage.${type}.url`)} is set, but ${where('storage.type')} is sqlite: set storage.type = ${type}`;
}

function sharedStore(config: Config, { where, command }: Context): string | null {
  if (config.storage.type !== 'sqlite' || !ROLES.has(command)) return null;
  return `resonate ${command ?? ''} needs a database that several processes can share: ${where('storage.type')} must be postgres or mysql`;
}

/**
 * A pushed message contains the URL that its worker calls. A process that serves HTTP uses its own address by default.
 * A dispatcher must not: nothing listens there, so workers could not answer and workflows would hang.
 */
function callbackUrl(config: Config, { where, command }: Context): string | null {
  const { httpPush, gcps, kafka: topics, sqs } = config.transports;
  const pushes = [httpPush, gcps, topics, sqs].some(({ enabled }) => enabled);
  if (command !== 'dispatcher' || !pushes || config.server.url !== null) return null;
  return `resonate dispatcher sends messages with the URL that workers call: set ${where('server.url')} to the URL of the api processes`;
}

function ports(config: Config, { where, command }: Context): string | null {
  const servesHttp = command !== 'scheduler' && command !== 'dispatcher';
  const { port } = config.server;
  if (!servesHttp || port === 0 || port !== config.observability.metricsPort) return null;
  return `${where('server.port')} and ${where('observability.metrics_port')} are both ${port}`;
}

function requestTimeouts(config: Config, { where }: Context): string | null {
  const { headersTimeoutMs, requestTimeoutMs } = config.server;
  if (headersTimeoutMs <= requestTimeoutMs) return null;
  return `${where('server.headers_timeout')} (${headersTimeoutMs} ms) is above ${where('server.request_timeout')} (${requestTimeoutMs} ms)`;
}

function bodies(config: Config, { where }: Context): string | null {
  const { maxBodySize, maxUnfinishedBodies } = config.server;
  if (maxBodySize <= maxUnfinishedBodies) return null;
  return `${where('server.max_body_size')} (${maxBodySize}) is above ${where('server.max_unfinished_bodies')} (${maxUnfinishedBodies})`;
}

function pushToken(config: Config, { where }: Context): string | null {
  const { mode, token } = config.transports.httpPush.auth;
  if (mode !== 'bearer' || token !== null) return null;
  return `${where('transports.http_push.auth.mode')} is bearer, but ${where('transports.http_push.auth.token')} is not set`;
}

/** Which modes use each option. */
const PUSH_AUTH = { token: ['bearer'], header: ['bearer', 'gcp'], aud: ['gcp'] } as const;

/** Without this check messages would be pushed without the token. */
function unusedPushAuth({ transports }: Config, { where, isSet }: Context): string | null {
  const { enabled, auth } = transports.httpPush;
  if (!enabled) return null;
  for (const [name, modes] of Object.entries(PUSH_AUTH)) {
    const path = `transports.http_push.auth.${name}`;
    if (!isSet(path) || modes.some((mode) => mode === auth.mode)) continue;
    const mode = where('transports.http_push.auth.mode');
    return `${where(path)} is set, but ${mode} is ${auth.mode}, which does not use it: set ${modes.join(' or ')}, or remove it`;
  }
  return null;
}

function authKeys(config: Config, { where }: Context): string | null {
  const { publickey, jwksUrl, iss, aud } = config.auth;
  if (publickey.includes('none') && (publickey.length > 1 || jwksUrl !== null)) {
    return `${where('auth.publickey')} is none (unsigned tokens are accepted), so no other key may be configured`;
  }
  if (publickey.length > 0 || jwksUrl !== null || (iss === null && aud === null)) return null;
  // A required claim has no effect while tokens are not checked, so it is an error.
  const claim = iss !== null ? 'auth.iss' : 'auth.aud';
  return `${where(claim)} is set, but auth is off: neither ${where('auth.publickey')} nor auth.jwks_url is set`;
}

function backoff(config: Config, { where }: Context): string | null {
  const { backoffMinMs, backoffMaxMs } = config.messages;
  if (backoffMinMs <= backoffMaxMs) return null;
  return `${where('messages.backoff_min')} (${backoffMinMs} ms) is above ${where('messages.backoff_max')} (${backoffMaxMs} ms)`;
}

function wakeups(config: Config, { where }: Context): string | null {
  const { type, redis } = config.wakeup;
  if (type === 'redis' && redis.url === null)
    return `${where('wakeup.type')} is redis, but ${where('wakeup.redis.url')} is not set`;
  if (type !== 'postgres' || config.storage.type === 'postgres') return null;
  return `${where('wakeup.type')} is postgres, but ${where('storage.type')} is ${config.storage.type}`;
}

function kafka(config: Config, { where }: Context): string | null {
  const { enabled, brokers, sasl, tls, caFile } = config.transports.kafka;
  if (!enabled) return null;
  if (brokers.length === 0)
    return `${where('transports.kafka.enabled')} is true, but ${where('transports.kafka.brokers')} is not set`;
  if (caFile !== null && !tls)
    return `${where('transports.kafka.ca_file')} is set, but ${where('transports.kafka.tls')} is false`;
  const unused = (['username', 'password'] as const).find((name) => sasl[name] !== null);
  if (sasl.mechanism === 'none' && unused !== undefined)
    return `${where(`transports.kafka.sasl.${unused}`)} is set, but ${where('transports.kafka.sasl.mechanism')} is none`;
  if (sasl.mechanism === 'none' || (sasl.username !== null && sasl.password !== null)) return null;
  const missing = sasl.username === null ? 'username' : 'password';
  return `${where('transports.kafka.sasl.mechanism')} is ${sasl.mechanism}, but ${where(`transports.kafka.sasl.${missing}`)} is not set`;
}

const CHECKS: readonly Check[] = [
  storeUrl,
  unusedUrl,
  sharedStore,
  callbackUrl,
  ports,
  requestTimeouts,
  bodies,
  pushToken,
  unusedPushAuth,
  authKeys,
  backoff,
  wakeups,
  kafka,
];

/** @returns the first contradiction as one line, or null. */
export function findContradiction(config: Config, given: Context): string | null {
  for (const check of CHECKS) {
    const problem = check(config, given);
    if (problem !== null) return problem;
  }
  return null;
}
