export * from './compare.ts';
export * from './random.ts';
export * from './reference-model.ts';
export * from './trace-replay.ts';
