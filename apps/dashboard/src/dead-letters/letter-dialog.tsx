import type { Selection } from '@resonate/admin';
import { post } from '../api/client.ts';
import { ConfirmDialog, toast } from '../parts/index.ts';

/** An action on dead letters; `scope` describes them in words. */
export interface LetterAction {
  verb: 'redrive' | 'drop';
  selection: Selection;
  scope: string;
}

/** Asks for confirmation, then sends as many requests as needed. */
export function LetterDialog({
  action,
  onClose,
  onDone,
}: {
  action: LetterAction;
  onClose: () => void;
  onDone: () => void;
}) {
  const { verb, selection, scope } = action;
  const isDrop = verb === 'drop';
  const confirm = async () => {
    let count = 0;
    try {
      for (let more = true; more;) {
        const answer = await post(`/admin/dead-letters/${verb}`, selection);
        count += 'redriven' in answer ? answer.redriven : answer.dropped;
        more = answer.more;
      }
    } finally {
      if (count > 0) onDone();
    }
    const letters = count === 1 ? 'dead letter' : 'dead letters';
    toast(isDrop ? `${count} ${letters} dropped` : `${count} ${letters} will be sent again`);
  };
  return (
    <ConfirmDialog
      title={isDrop ? 'Drop?' : 'Send again?'}
      action={isDrop ? 'Drop' : 'Send again'}
      isDangerous={isDrop}
      onConfirm={confirm}
      onClose={onClose}
    >
      {isDrop ? (
        <p>
          This deletes <strong>{scope}</strong>. The listeners will not be notified, and you cannot undo this. The
          promises do not change.
        </p>
      ) : (
        <p>
          This sends <strong>{scope}</strong> at once, as new messages with zero attempts.
        </p>
      )}
    </ConfirmDialog>
  );
}
