export * from './acknowledge.ts';
export * from './claim.ts';
export * from './dead-letter.ts';
export * from './defer.ts';
export * from './message-row.ts';
export * from './due-at-once.ts';
