/** How many promises of a branch an answer preloads at most: a worker asks for the others one by one. */
export const PRELOAD_LIMIT = 1_000;
