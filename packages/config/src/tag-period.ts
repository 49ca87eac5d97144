import { parseDuration } from './duration.ts';

/** How long promises with a tag are kept, ms; null: they are never deleted. */
export interface TagPeriod {
  name: string;
  /** The required value of the tag. `*` matches any text. */
  pattern: string;
  afterMs: number | null;
}

/** The period follows the last colon, because names and values of tags may contain colons. */
const SHAPE = /^(?<name>[^=]+)=(?<pattern>.*):(?<period>[^:]+)$/;

/** Reads `team=billing-*:90d`. @returns null if the text has another form. */
export function parseTagPeriod(text: string): TagPeriod | null {
  const { name = '', pattern = '', period = '' } = SHAPE.exec(text)?.groups ?? {};
  const afterMs = period === 'never' ? null : parseDuration(period);
  if (name === '' || (period !== 'never' && (afterMs === null || afterMs < 1))) return null;
  return { name, pattern, afterMs };
}
