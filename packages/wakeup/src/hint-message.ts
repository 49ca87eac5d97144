import { isHint, isObject, isTime, type Hint } from './hint.ts';

/** What is sent over the channel. */
export interface HintMessage {
  /** The process that sent it. */
  from: string;
  /** When the oldest hint in the message was published, by the sender's clock, epoch ms. */
  sentAt: number;
  hint: Hint;
}

/** No message of ours is longer: Postgres limits a NOTIFY to less than 8,000 bytes. */
const MAX_LENGTH = 8000;

export function encodeMessage({ from, sentAt, hint }: HintMessage): string {
  const text = JSON.stringify({ from, sentAt, ...hint });
  if (Buffer.byteLength(text) < MAX_LENGTH) return text;
  const { timerAt, deliveries } = hint;
  return JSON.stringify({ from, sentAt, timerAt, deliveries });
}

/** @returns null for a message that no process of ours can have sent. Other clients may write to the channel, too. */
export function decodeMessage(text: string): HintMessage | null {
  if (text.length > MAX_LENGTH) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(parsed)) return null;
  const { from, sentAt, timerAt, deliveries, targets } = parsed;
  const hint = { timerAt, deliveries, ...(targets !== undefined && { targets }) };
  if (typeof from !== 'string' || !isTime(sentAt) || !isHint(hint)) return null;
  return { from, sentAt, hint };
}
