export { StreamHub, type Room, type StreamHubOptions, type StreamSlot } from './sse/stream-hub.ts';
export { SETTLING_MS, type Parcel, type Stream } from './sse/stream.ts';
export { BashTransport, type BashOptions } from './bash/bash.ts';
export { HttpPush, type HttpPushOptions } from './http-push.ts';
export { PushFailed } from './push-failed.ts';
export { backoffMs, type BackoffOptions } from './backoff.ts';
export { Busy, type Outgoing, type PushTransport } from './transport.ts';
