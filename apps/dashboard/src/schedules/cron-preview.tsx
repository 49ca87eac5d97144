import { get } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { dayAndTime } from '../parts/index.ts';
import { inWords, type CronDialect } from './cron-words.ts';

/** Explains a cron expression: in words, its next runs on this server, and a hint if weekdays are numbers. */
export function CronPreview({
  cron,
  timezone,
  cronDialect,
}: {
  cron: string;
  timezone: string;
  /** The server's default if undefined. */
  cronDialect: CronDialect | undefined;
}) {
  const { data, error } = useResource(JSON.stringify([cron, timezone, cronDialect]), (signal) =>
    get('/admin/cron', { cron, timezone, cronDialect }, signal),
  );
  const words = data ? inWords(cron, data.cronDialect) : null;
  return (
    <div class="field span" aria-live="polite">
      <span>Next runs</span>
      {error && <span class="hint">{error.message}</span>}
      {data && !error && (
        <>
          {words !== null && <span class="hint">{words}</span>}
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
