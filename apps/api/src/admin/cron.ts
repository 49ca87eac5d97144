import type { RuntimeWith } from '@resonate/process';
import { cronError, isTimezone, nextOccurrence, PUBLIC_TEXT, weekdayHint } from '@resonate/protocol';
import { Refusal } from '../http/refusal.ts';
import type { Handlers } from './mount.ts';

const SHOWN_RUNS = 5;

/** Explains a cron expression: its next runs on this server. */
export function cronHandler({ config, store }: RuntimeWith<'config', 'now'>): Pick<Handlers, 'cron'> {
  return {
    async cron({ query: { cron, cronDialect = config.schedules.cron, timezone = 'UTC' } }) {
      const error = cronError(cron, cronDialect);
      if (error) throw new Refusal(400, `${PUBLIC_TEXT.cron}: it ${error}`);
      if (!isTimezone(timezone))
        throw new Refusal(400, 'Invalid request: timezone: must be a name such as Europe/Berlin');
      const runs: number[] = [];
      for (let at: number | null = await store.now(); runs.length < SHOWN_RUNS; runs.push(at)) {
        at = nextOccurrence({ cron, cronDialect, timezone }, at);
        if (at === null) break;
      }
      const hint = weekdayHint(cron, cronDialect);
      return { cronDialect, runs, ...(hint !== null && { hint }) };
    },
  };
}
