import type { ScheduleWhy, Why } from '@resonate/admin';
import { ClientError, get, type ClientOptions } from './http.ts';
import { printable, wantsTable, jsonText, type OutputOptions } from './output.ts';

type What = 'promises' | 'schedules';

/** `… why ID`: why a promise is pending, how it ended, or when a schedule runs. */
export async function showWhy(what: What, id: string, options: ClientOptions & OutputOptions): Promise<void> {
  const answer = await ask(what, id, options);
  process.stdout.write(wantsTable(options) ? whyText(answer) : jsonText(answer));
}

/** The same of a promise, for commands that show it beside something else; null if the server does not say. */
export async function whyOf(id: string, options: ClientOptions): Promise<Why | null> {
  try {
    return (await ask('promises', id, options)) as Why;
  } catch (error) {
    // A server without this endpoint, or a token that may not use it.
    if (error instanceof ClientError) return null;
    throw error;
  }
}

/** The sentence, what to do, and which promise to look at. */
export function whyText(why: Why | ScheduleWhy): string {
  const lines = [why.sentence, `What to do: ${why.action}`];
  if ('promise' in why && why.promise !== undefined) lines.push(`Look at:    ${why.promise}`);
  return lines.map((line) => `${printable(line)}\n`).join('');
}

async function ask(what: What, id: string, options: ClientOptions): Promise<Why | ScheduleWhy> {
  return (await get(`/admin/${what}/${encodeURIComponent(id)}/why`, options)) as Why | ScheduleWhy;
}
