import { useState } from 'preact/hooks';
import { operate } from '../api/client.ts';
import { ConfirmDialog, toast } from '../parts/index.ts';
import { EditDialog } from './schedule-dialog.tsx';
import type { Schedule } from './schedule.ts';

type Verb = 'pause' | 'resume' | 'trigger' | 'delete';

interface Words {
  label: string;
  consequence: string;
  done: string;
}

const WORDS: Readonly<Record<Verb, Words>> = {
  pause: {
    label: 'Pause',
    consequence: 'will create no promises until you resume it. Runs that are due during the pause are skipped.',
    done: 'is paused',
  },
  resume: { label: 'Resume', consequence: 'will continue with its next run after now.', done: 'is active again' },
  trigger: {
    label: 'Run now',
    consequence: 'will create one promise now, in addition to its usual runs.',
    done: 'has started a run',
  },
  delete: {
    label: 'Delete',
    consequence: 'will be deleted. You cannot undo this. The promises that it has created stay.',
    done: 'is deleted',
  },
};

interface Props {
  schedule: Schedule;
  onChanged: () => void;
  onDeleted?: () => void;
}

/** Edit in a form; pause or resume, run now, delete: each after a confirmation. */
export function ScheduleActions({ schedule, onChanged, onDeleted }: Props) {
  const { id, pausedAt } = schedule;
  const [isEditing, setEditing] = useState(false);
  const [verb, setVerb] = useState<Verb | null>(null);
  const verbs: Verb[] = [pausedAt === undefined ? 'pause' : 'resume', 'trigger', 'delete'];
  const words = verb && WORDS[verb];
  return (
    <span class="row-buttons">
      <button type="button" class="button small" aria-label={`Edit ${id}`} onClick={() => setEditing(true)}>
        Edit
      </button>
      {isEditing && <EditDialog schedule={schedule} onClose={() => setEditing(false)} onChanged={onChanged} />}
      {verbs.map((one) => (
        <button
          key={one}
          type="button"
          class="button small"
          aria-label={`${WORDS[one].label} ${id}`}
          onClick={() => setVerb(one)}
        >
          {WORDS[one].label}
        </button>
      ))}
      {verb && words && (
        <ConfirmDialog
          title={`${words.label}?`}
          action={words.label}
          isDangerous={verb === 'delete'}
          onClose={() => setVerb(null)}
          onConfirm={async () => {
            await operate(`schedule.${verb}`, { id });
            toast(`${id} ${words.done}`);
            if (verb === 'delete') onDeleted?.();
            onChanged();
          }}
        >
          <p>
            <strong class="mono">{id}</strong> {words.consequence}
          </p>
        </ConfirmDialog>
      )}
    </span>
  );
}
