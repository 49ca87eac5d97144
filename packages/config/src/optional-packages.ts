import { readFileSync } from 'node:fs';
import type { Config } from './declarations.ts';
import { ConfigError } from './error.ts';

/**
 * npm packages that only some options and commands need. They are large, so resonate-server does not install them
 * (scripts/package-manifest.ts). Whoever uses the option installs them.
 */
export const OPTIONAL_PACKAGES = {
  'transports.kafka': ['@platformatic/kafka'],
  'transports.sqs': ['@aws-sdk/client-sqs'],
  'transports.gcps': ['@google-cloud/pubsub'],
  'transports.http_push.auth.mode=gcp': ['google-auth-library'],
  'observability.otlp_endpoint': [
    '@opentelemetry/api',
    '@opentelemetry/core',
    '@opentelemetry/exporter-trace-otlp-grpc',
    '@opentelemetry/exporter-trace-otlp-http',
    '@opentelemetry/resources',
    '@opentelemetry/sdk-trace',
  ],
  'resonate mcp': ['@modelcontextprotocol/sdk'],
} as const satisfies Record<string, readonly string[]>;

type OptionalFeature = keyof typeof OPTIONAL_PACKAGES;

/** @throws ConfigError if a package is missing; it says how to install it. */
export function requirePackages(feature: OptionalFeature): void {
  const missing = OPTIONAL_PACKAGES[feature].filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  const command = `npm install ${missing.map((name) => `${name}@${rangeOf(name)}`).join(' ')}`;
  throw new ConfigError(
    `${feature} needs npm packages that are not installed. Run this where you installed resonate-server (with -g if it is global): ${command}`,
  );
}

/** Checks the packages for everything that a configuration turns on. @throws ConfigError */
export function requireConfiguredPackages({ transports, observability }: Config, command: string): void {
  const { kafka, sqs, gcps, httpPush } = transports;
  const delivers = command !== 'api' && command !== 'scheduler';
  const isOn: Partial<Record<OptionalFeature, boolean>> = {
    'transports.kafka': delivers && kafka.enabled,
    'transports.sqs': delivers && sqs.enabled,
    'transports.gcps': delivers && gcps.enabled,
    'transports.http_push.auth.mode=gcp': delivers && httpPush.enabled && httpPush.auth.mode === 'gcp',
    'observability.otlp_endpoint': observability.otlpEndpoint !== null,
  };
  for (const feature of FEATURES) if (isOn[feature]) requirePackages(feature);
}

const FEATURES = Object.keys(OPTIONAL_PACKAGES) as OptionalFeature[];

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch (error) {
    // Any other error means that the package is there, but has no main file.
    return (error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND';
  }
}

/** The version that was tested. The published package lists it as an optional peer dependency. */
function rangeOf(name: string): string {
  // The same relative path leads to package.json from the bundle, too (scripts/bundle.ts).
  const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const { dependencies, peerDependencies = {} } = JSON.parse(manifest) as Ranges;
  return peerDependencies[name] ?? dependencies[name] ?? 'latest';
}

interface Ranges {
  dependencies: Record<string, string>;
  peerDependencies?: Record<string, string>;
}
