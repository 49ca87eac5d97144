import type { ScheduleWhy, Why } from '@resonate/admin';
import { ClientError, getAdmin, type ClientOptions } from './http.ts';
import { printable, wantsTable, jsonText, type OutputOptions } from './output.ts';

type What = 'promises' | 'schedules';

/** `… why ID`: explains why a promise is pending, how it ended, or when a schedule runs. */
export async function showWhy(what: What, id: string, options: ClientOptions & OutputOptions): Promise<void> {
  const answer = await getAdmin(`/admin/${what}/:id/why`, { id }, options);
  process.stdout.write(wantsTable(options) ? whyText(answer) : jsonText(answer));
}

/** The explanation of a promise, for commands that print it with other things. null if the server has none. */
export async function whyOf(id: string, options: ClientOptions): Promise<Why | null> {
  try {
    return await getAdmin('/admin/promises/:id/why', { id }, options);
  } catch (error) {
    // The server does not have this endpoint, or the token does not permit it.
    if (error instanceof ClientError) return null;
    throw error;
  }
}

/** The sentence, what to do, with which command, and which promise to look at. */
export function whyText(why: Why | ScheduleWhy): string {
  const lines = [why.sentence, `What to do: ${why.action}`];
  if (why.command !== undefined) lines.push(`Command:    ${why.command}`);
  if ('promise' in why && why.promise !== undefined) lines.push(`Look at:    ${why.promise}`);
  return lines.map((line) => `${printable(line)}\n`).join('');
}
