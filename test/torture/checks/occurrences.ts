import type { PromiseRecord } from '@resonate/protocol';

export interface FiredSchedule {
  id: string;
  /** It fires at the whole multiples of this. */
  everyMs: number;
  createdAt: number;
  /** The last occurrence, as its record says when it was read last. */
  lastRunAt: number;
  /** When its deletion was answered; a few more occurrences may have fired until then. */
  deletedAt: number;
}

/** Each occurrence from the schedule's creation on has exactly one promise. @returns what is missing, double or wrong. */
export function checkOccurrences(schedule: FiredSchedule, promises: readonly PromiseRecord[]): string[] {
  const { id, everyMs, createdAt, lastRunAt, deletedAt } = schedule;
  const wrongs: string[] = [];
  const times = promises.map((promise) => {
    const at = Number(promise.id.slice(promise.id.lastIndexOf('.') + 1));
    if (promise.createdAt !== at) wrongs.push(`${promise.id} was created at ${promise.createdAt}`);
    return at;
  });
  const fired = new Set(times);
  if (fired.size < times.length) wrongs.push(`${id}: ${times.length - fired.size} occurrences have two promises`);
  const first = Math.floor(createdAt / everyMs) * everyMs + everyMs;
  const last = Math.max(lastRunAt, ...times);
  for (let at = first; at <= last; at += everyMs) {
    if (!fired.delete(at)) wrongs.push(`${id}: no promise for ${at}, its creation was at ${createdAt}`);
  }
  if (last > deletedAt) wrongs.push(`${id}: fired ${last}, after its deletion at ${deletedAt}`);
  for (const at of fired) wrongs.push(`${id}: a promise for ${at}, which is no occurrence`);
  return wrongs;
}
