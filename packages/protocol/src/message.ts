import type { PromiseRecord } from './records.ts';

/** The two messages that a server sends to workers (protocol section 6). */

/** W3C trace context. The server sends it only if tracing is on. */
export interface MessageHead {
  traceparent?: string;
  tracestate?: string;
}

export interface ExecuteMessage {
  kind: 'execute';
  head: MessageHead & { serverUrl: string };
  data: { task: { id: string; version: number } };
}

export interface UnblockMessage {
  kind: 'unblock';
  head: MessageHead;
  data: { promise: PromiseRecord };
}

export type Message = ExecuteMessage | UnblockMessage;

/** The promise that a message is about; its task has the same id. */
export function promiseIdOf(message: Message): string {
  return message.kind === 'execute' ? message.data.task.id : message.data.promise.id;
}

export function executeMessage(serverUrl: string, id: string, version: number): ExecuteMessage {
  return { kind: 'execute', head: { serverUrl }, data: { task: { id, version } } };
}

export function unblockMessage(promise: PromiseRecord): UnblockMessage {
  return { kind: 'unblock', head: {}, data: { promise } };
}
