import type { Transport } from '@resonate/protocol';
import { enabledTransports, type Runtime } from '@resonate/process';
import { BashTransport, HttpPush, Kafka, PubSub, Sqs, type PushTransport } from '@resonate/transports';

/** An enabled transport, and how many messages it may send at once. */
export interface EnabledTransport {
  transport: PushTransport;
  /** Messages to one target at once. */
  concurrency: number;
  /** Messages to all targets at once. */
  maxInFlight: number;
}

type PushName = Exclude<Transport, 'poll'>;

/** `poll` is not here, because the api role delivers over event streams. */
const CREATE: Record<PushName, (runtime: Runtime) => EnabledTransport> = {
  http: httpPush,
  bash,
  gcps: pubSub,
  kafka,
  sqs,
};

/** The transports that the configuration enables. Messages for any other transport wait. */
export function createTransports(runtime: Runtime): EnabledTransport[] {
  const names = enabledTransports(runtime.config).filter((name): name is PushName => name !== 'poll');
  return names.map((name) => CREATE[name](runtime));
}

function httpPush({ config }: Runtime): EnabledTransport {
  const { httpPush: options } = config.transports;
  const { concurrency, maxInFlight, connectTimeoutMs, requestTimeoutMs, caFile, allowHosts } = options;
  const { mode, token, aud: audience, header } = options.auth;
  const transport = new HttpPush({
    connectTimeoutMs,
    requestTimeoutMs,
    connectionsPerTarget: concurrency,
    auth: { mode, token, audience, header },
    caFile,
    allowHosts,
  });
  return { transport, concurrency, maxInFlight };
}

/** Healthy brokers answer within milliseconds and accept many messages at once. */
const BROKER_TIMEOUT_MS = 10_000;
const BROKER_BOUNDS = { concurrency: 100, maxInFlight: 1_000 };

function pubSub({ config }: Runtime): EnabledTransport {
  const { project } = config.transports.gcps;
  return { transport: new PubSub({ project, timeoutMs: BROKER_TIMEOUT_MS }), ...BROKER_BOUNDS };
}

function kafka({ config }: Runtime): EnabledTransport {
  const { brokers, clusters, tls, caFile, sasl } = config.transports.kafka;
  const { mechanism, username, password } = sasl;
  const transport = new Kafka({
    brokers,
    clusters: byCluster(clusters),
    tls,
    caFile,
    sasl: mechanism === 'none' ? null : { mechanism, username: username ?? '', password: password ?? '' },
    timeoutMs: BROKER_TIMEOUT_MS,
  });
  return { transport, ...BROKER_BOUNDS };
}

/** Groups the brokers by cluster. Each entry is `NAME=host:port`. */
function byCluster(named: readonly string[]): Map<string, string[]> {
  const clusters = new Map<string, string[]>();
  for (const entry of named) {
    const [name = '', broker = ''] = entry.split('=');
    clusters.set(name, [...(clusters.get(name) ?? []), broker]);
  }
  return clusters;
}

function sqs({ config }: Runtime): EnabledTransport {
  const { region, endpoint } = config.transports.sqs;
  return { transport: new Sqs({ region, endpoint, timeoutMs: BROKER_TIMEOUT_MS }), ...BROKER_BOUNDS };
}

/**
 * Only for bash: how many pushes may acquire a task or wait for a free place at once. It is low, because no other
 * dispatcher can deliver a message that waits here.
 */
const BASH_CONCURRENCY = 4;

function bash({ config, logger, store }: Runtime): EnabledTransport {
  const { maxRunning, maxOutput, passEnv, tensorlake } = config.transports.bashExec;
  const transport = new BashTransport({
    execute: (request) => store.execute(request, null, 0),
    logger,
    ttlMs: config.tasks.leaseTimeoutMs,
    maxRunning,
    maxOutput,
    env: process.env,
    passEnv,
    tensorlake: {
      apiKey: tensorlake.apiKey ?? process.env['TENSORLAKE_API_KEY'] ?? null,
      apiUrl: tensorlake.apiUrl ?? 'https://api.tensorlake.ai',
      sandboxUrl: tensorlake.sandboxUrl,
    },
  });
  return { transport, concurrency: BASH_CONCURRENCY, maxInFlight: BASH_CONCURRENCY };
}
