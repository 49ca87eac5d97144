import type { Task } from '@resonate/admin';
import { useState } from 'preact/hooks';
import { ActionDialog, Icon } from '../parts/index.ts';
import { TASK_ACTIONS } from '../actions/task-actions.ts';

type Action = (typeof TASK_ACTIONS)[number];

interface Props {
  id: string;
  task: Task;
  onDone: () => void;
  actions?: readonly Action[];
}

/** What can be done to the task of a pending promise now. */
export function TaskButtons({ id, task, onDone, actions = TASK_ACTIONS }: Props) {
  const [chosen, setChosen] = useState<Action>();
  const rows = [{ id, ...task }];
  const choices = actions.filter(({ applies }) => rows.every(applies));
  return (
    <>
      {choices.length > 0 && (
        <div class="pd-actions">
          {choices.map((one) => (
            <button key={one.verb} type="button" class="button small" onClick={() => setChosen(one)}>
              <Icon name={one.icon} size={14} />
              {one.verb}…
            </button>
          ))}
        </div>
      )}
      {chosen && (
        <ActionDialog action={chosen} rows={rows} noun="task" onDone={onDone} onClose={() => setChosen(undefined)} />
      )}
    </>
  );
}
