import type { PromiseRecord, PromiseState } from '@resonate/protocol';
import { receiveMessages } from '../message-stream.ts';
import type { McpSession } from './mcp-session.ts';
import { readable } from './readable.ts';

const STATUSES: Readonly<Record<PromiseState, string>> = {
  pending: 'pending',
  resolved: 'resolved',
  rejected: 'rejected',
  rejected_canceled: 'canceled',
  rejected_timedout: 'timedout',
};

/** Notifies the MCP client when a promise settles that this session listens to. Runs until `signal` aborts. */
export async function announceSettlements(
  path: string,
  { server, logger, announce }: McpSession,
  signal: AbortSignal,
): Promise<void> {
  const onLost = (reason: string) => logger.warn('the event stream broke, reconnecting', { reason });
  for await (const message of receiveMessages(path, server, { signal, onLost })) {
    if (message.kind === 'unblock') await announce(message.data.promise);
  }
}

/** The notification that a promise has settled. */
export function notification(promise: PromiseRecord) {
  const meta = { handle: promise.id, status: STATUSES[promise.state] };
  const params = { content: JSON.stringify(readable(promise)), meta };
  return { jsonrpc: '2.0', method: 'notifications/claude/channel', params } as const;
}
