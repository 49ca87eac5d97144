import { executeMessage, unblockMessage, type Message } from '@resonate/protocol';
import { settledRecord, type Claimed, type Delivery } from '@resonate/store';

/** The targets that a claim returned messages for. */
export function servedTargets({ executes, unblocks }: Claimed): ReadonlySet<string> {
  return new Set([...executes, ...unblocks.map(({ listener }) => listener)].map(({ target }) => target));
}

/** The message of a claimed delivery (protocol section 6). */
export function messageOf(delivery: Delivery, serverUrl: string): Message {
  if (delivery.kind === 'unblock') return unblockMessage(settledRecord(delivery.promise));
  return executeMessage(serverUrl, delivery.task.id, delivery.task.version);
}
