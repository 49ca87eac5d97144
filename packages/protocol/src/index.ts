export * from './byte-order.ts';
export * from './records.ts';
export * from './tags.ts';
export * from './address.ts';
export * from './cron.ts';
export * from './message.ts';
export * from './envelope.ts';
export * from './requests.ts';
export { MAX_TIME } from './fields.ts';
