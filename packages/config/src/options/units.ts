/** Limits in milliseconds. */
const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const PORT = { min: 0, max: 65_535 };
