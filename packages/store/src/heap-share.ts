import { getHeapStatistics } from 'node:v8';

/** The bytes that one purpose may take of the heap: an eighth, as decoding and answering multiply what is held. */
export const HEAP_SHARE_BYTES = getHeapStatistics().heap_size_limit / 8;
