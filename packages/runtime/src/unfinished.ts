import type { Config } from '@resonate/config';

/**
 * Options that are declared and whose feature this version does not have. Refusing them at start-up is better than
 * running without what the operator asked for.
 */
const UNFINISHED: readonly { path: string; isSet(config: Config): boolean }[] = [
  { path: 'transports.http_push.auth.mode', isSet: ({ transports }) => transports.httpPush.auth.mode !== 'none' },
  { path: 'transports.http_push.ca_file', isSet: ({ transports }) => transports.httpPush.caFile !== null },
  { path: 'transports.http_push.allow_hosts', isSet: ({ transports }) => transports.httpPush.allowHosts.length > 0 },
  { path: 'transports.gcps.enabled', isSet: ({ transports }) => transports.gcps.enabled },
  { path: 'transports.kafka.enabled', isSet: ({ transports }) => transports.kafka.enabled },
  { path: 'transports.sqs.enabled', isSet: ({ transports }) => transports.sqs.enabled },
  { path: 'retention.after', isSet: ({ retention }) => retention.afterMs !== null },
  { path: 'observability.otlp_endpoint', isSet: ({ observability }) => observability.otlpEndpoint !== null },
];

/** @returns what to tell the user, null when everything configured is there. */
export function unfinishedOption(config: Config): string | null {
  const found = UNFINISHED.find((option) => option.isSet(config));
  return found ? `${found.path} is set, but this version of the server does not have that feature yet` : null;
}
