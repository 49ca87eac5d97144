import type { PromiseRecord } from '@resonate/protocol';

export interface FiredSchedule {
  id: string;
  /** It fires at multiples of this time. */
  everyMs: number;
  createdAt: number;
  /** The last occurrence according to the record that was read last. */
  lastRunAt: number;
  /** When its deletion was answered. A few more occurrences may have fired until then. */
  deletedAt: number;
}

/** Checks that each occurrence since the schedule's creation has exactly one promise. @returns the errors. */
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
