import { useEffect } from 'preact/hooks';
import { ApiError, get } from '../api/client.ts';
import { useResource } from '../api/use-resource.ts';
import { toast } from '../parts/index.ts';
import { lettersIn } from './letter-dialog.tsx';

const LOOK_EVERY_MS = 1_000;

/** Shows the progress of a redrive job, which the server runs. @param onEnd called when the job is done or replaced. */
export function RedriveProgress({ id, onEnd }: { id: string; onEnd: () => void }) {
  const { data, error, reload } = useResource(id, (signal) => get('/admin/jobs/redrive/:id', { id }, signal));
  const { redriven = 0, endedAt } = data?.redrive ?? {};
  const isDone = endedAt !== undefined;
  // A later job has replaced this one, which is possible only if this one is done.
  const isReplaced = error instanceof ApiError && error.status === 404;
  useEffect(() => {
    if (isDone || isReplaced) {
      if (isDone) toast(`${lettersIn(redriven)} will be sent again`);
      return onEnd();
    }
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isDone, isReplaced]);
  return (
    <p class="graph-note tone-pending" role="status">
      The server is sending dead letters again. It continues if you close this page. So far: {lettersIn(redriven)}.
      {error && !isReplaced && ` Not up to date: ${error.message}`}
    </p>
  );
}
