import type { CronMeaning } from '@resonate/admin';
import { get } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { dayAndTime } from '../parts/index.ts';
import { inWords } from './cron-words.ts';

/** Explains a cron expression: in words, its next runs on this server, and a hint if weekdays are numbers. */
export function CronPreview({ cron, timezone }: { cron: string; timezone: string }) {
  const { data, error } = useResource(JSON.stringify([cron, timezone]), (signal) =>
    get<CronMeaning>('/admin/cron', { cron, timezone }, signal),
  );
  return (
    <div class="field span" aria-live="polite">
      <span>Next runs</span>
      {error && <span class="hint">{error.message}</span>}
      {data && !error && (
        <>
          <span class="hint">{inWords(cron, data.cronDialect) ?? 'As the expression says'}</span>
          {data.hint !== undefined && <span class="hint">{data.hint}</span>}
          <ol class="plain">
            {data.runs.map((at) => (
              <li key={at}>{dayAndTime(at)}</li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}
