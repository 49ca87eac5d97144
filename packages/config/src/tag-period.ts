import { parseDuration } from './duration.ts';

/** How long promises with a tag are kept, ms; null: for ever. */
export interface TagPeriod {
  name: string;
  /** What the tag's value must be; `*` stands for any text. */
  pattern: string;
  afterMs: number | null;
}

/** The period stands behind the last colon: names and values of tags have colons too. */
const SHAPE = /^(?<name>[^=]+)=(?<pattern>.*):(?<period>[^:]+)$/;

/** Reads `team=billing-*:90d`. @returns null when the text is no such thing. */
export function parseTagPeriod(text: string): TagPeriod | null {
  const { name = '', pattern = '', period = '' } = SHAPE.exec(text)?.groups ?? {};
  const afterMs = period === 'never' ? null : parseDuration(period);
  if (name === '' || (period !== 'never' && (afterMs === null || afterMs < 1))) return null;
  return { name, pattern, afterMs };
}
