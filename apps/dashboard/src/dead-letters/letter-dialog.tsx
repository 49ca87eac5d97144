import type { Selection } from '@resonate/admin';
import { post } from '../api/client.ts';
import { figure } from '../parts/format.ts';
import { ConfirmDialog, toast } from '../parts/index.ts';

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
 * Asks for confirmation. Letters that are selected by id are sent at once; for other selections the server runs a job. To
 * drop letters it sends as many requests as needed.
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
    let count = 0;
    try {
      for (let more = true; more;) {
        const answer = await post('/admin/dead-letters/drop', selection);
        count += answer.dropped;
        ({ more } = answer);
      }
    } finally {
      if (count > 0) onDone();
    }
    toast(`${lettersIn(count)} dropped`);
  };
  const redrive = async () => {
    if (selection.ids === undefined) {
      const { redrive: job } = await post('/admin/jobs/redrive', selection);
      onOrdered(job.id);
      return;
    }
    const { redriven } = await post('/admin/dead-letters/redrive', selection);
    onDone();
    toast(`${lettersIn(redriven)} will be sent again`);
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
