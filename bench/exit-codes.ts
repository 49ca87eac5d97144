/** A benchmark ends with it if it measured everything and something was too slow. An error ends it with 1. */
export const TOO_SLOW = 3;
