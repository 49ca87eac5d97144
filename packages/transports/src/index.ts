export { StreamHub, type Room, type StreamHubOptions, type StreamSlot } from './sse/stream-hub.ts';
export { SETTLING_MS, type Parcel, type Stream } from './sse/stream.ts';
export { BashTransport, type BashOptions } from './bash/bash.ts';
export { HttpPush, type HttpPushOptions } from './http-push.ts';
export { Kafka, type KafkaLogin, type KafkaOptions } from './kafka.ts';
export { PubSub, type PubSubOptions } from './pub-sub.ts';
export { PushFailed } from './push-failed.ts';
export { Sqs, type SqsOptions } from './sqs.ts';
export { Busy, type Outgoing, type PushTransport } from './transport.ts';
