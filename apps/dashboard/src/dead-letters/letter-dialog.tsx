import type { Dropped, Redriven, Selection } from '@resonate/admin';
import { post } from '../api/client.ts';
import { ConfirmDialog, toast } from '../parts/index.ts';

/** What is to be done with which letters; `scope` names them. */
export interface LetterAction {
  verb: 'redrive' | 'drop';
  selection: Selection;
  scope: string;
}

/** Asks, then does it in as many requests as it takes. */
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
        const answer = await post<Redriven | Dropped>(`/admin/dead-letters/${verb}`, selection);
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
          This forgets <strong>{scope}</strong>. Who listens will not be told, and it can't be undone. The promises stay
          as they are.
        </p>
      ) : (
        <p>
          This sends <strong>{scope}</strong> at once, with a full number of attempts again.
        </p>
      )}
    </ConfirmDialog>
  );
}
