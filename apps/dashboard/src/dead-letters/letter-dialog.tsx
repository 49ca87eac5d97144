import type { Selection } from '@resonate/admin';
import { post } from '../api/client.ts';
import { figure } from '../parts/format.ts';
import { ConfirmDialog, toast } from '../parts/index.ts';

/** Letters that one request names. The server allows up to 1,000. */
const IDS_AT_ONCE = 500;

/** An action on dead letters; `scope` describes them in words. */
export interface LetterAction {
  verb: 'redrive' | 'drop';
  selection: Selection;
  scope: string;
}

/** `1 dead letter`, `1,234 dead letters` */
export function lettersIn(count: number): string {
  return `${figure(count)} ${count === 1 ? 'dead letter' : 'dead letters'}`;
}

/**
 * Asks for confirmation. Letters that are selected by id are sent at once; for other selections the server runs a job.
 */
export function LetterDialog({
  action,
  onClose,
  onDone,
  onOrdered,
}: {
  action: LetterAction;
  onClose: () => void;
  onDone: () => void;
  /** Called with the id of the redrive job that was started. */
  onOrdered: (id: string) => void;
}) {
  const { verb, selection, scope } = action;
  const isDrop = verb === 'drop';
  const drop = async () => {
    const count = await sendAll(selection, onDone, async (part) => {
      const { dropped, more } = await post('/admin/dead-letters/drop', part);
      return { count: dropped, more };
    });
    toast(`${lettersIn(count)} dropped`);
  };
  const redrive = async () => {
    if (selection.ids === undefined) {
      const { redrive: job } = await post('/admin/jobs/redrive', selection);
      onOrdered(job.id);
      return;
    }
    const count = await sendAll(selection, onDone, async (part) => {
      const { redriven, more } = await post('/admin/dead-letters/redrive', part);
      return { count: redriven, more };
    });
    toast(`${lettersIn(count)} will be sent again`);
  };
  return (
    <ConfirmDialog
      title={isDrop ? 'Drop?' : 'Send again?'}
      action={isDrop ? 'Drop' : 'Send again'}
      isDangerous={isDrop}
      onConfirm={isDrop ? drop : redrive}
      onClose={onClose}
    >
      {isDrop ? (
        <p>
          This deletes <strong>{scope}</strong>. The listeners will not be notified, and you cannot undo this. The
          promises do not change.
        </p>
      ) : (
        <p>
          This sends <strong>{scope}</strong> again, as new messages with zero attempts.
          {selection.ids === undefined && ' A job on the server does that; it continues if you close this page.'}
        </p>
      )}
    </ConfirmDialog>
  );
}

/**
 * Sends as many requests as a selection needs: a request names a limited number of letters, and processes a limited number.
 * @param onDone called at the end, also after an error, if letters were processed.
 * @returns how many letters were processed.
 */
async function sendAll(
  selection: Selection,
  onDone: () => void,
  send: (part: Selection) => Promise<{ count: number; more: boolean }>,
): Promise<number> {
  let sum = 0;
  try {
    for (const part of partsOf(selection)) {
      for (let isMore = true; isMore;) {
        const { count, more } = await send(part);
        sum += count;
        isMore = more;
      }
    }
  } finally {
    if (sum > 0) onDone();
  }
  return sum;
}

function partsOf(selection: Selection): Selection[] {
  const { ids } = selection;
  if (ids === undefined) return [selection];
  const count = Math.ceil(ids.length / IDS_AT_ONCE);
  return Array.from({ length: count }, (_, n) => ({
    ...selection,
    ids: ids.slice(n * IDS_AT_ONCE, (n + 1) * IDS_AT_ONCE),
  }));
}
