import type { Config } from '@resonate/config';
import { TRANSPORTS, type Transport } from '@resonate/protocol';

const SWITCHES = {
  poll: 'httpPoll',
  http: 'httpPush',
  gcps: 'gcps',
  bash: 'bashExec',
  kafka: 'kafka',
  sqs: 'sqs',
} as const;

/** The transports that the configuration enables. Messages for any other transport wait until it is enabled. */
export function enabledTransports({ transports }: Config): Transport[] {
  return TRANSPORTS.filter((transport) => transports[SWITCHES[transport]].enabled);
}
