import { useState } from 'preact/hooks';
import { figure } from './format.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { Icon, type IconName } from './icon.tsx';
import { runAll } from './run-all.ts';
import { toast } from './toast.tsx';
import type { Selection } from './use-selection.ts';

/** Something that can be done to one row of a list, or to several. */
export interface RowAction<Row> {
  verb: string;
  icon: IconName;
  /** `Released`, for the toast. */
  done: string;
  isDangerous?: true;
  /** The button that closes the dialog without a change, if it is not `Cancel`. */
  dismiss?: string;
  /** What will happen, for one row and for several. */
  explanation: string;
  applies: (row: Row) => boolean;
  run: (row: Row) => Promise<unknown>;
}

interface DialogProps<Row> {
  action: RowAction<Row>;
  rows: readonly Row[];
  /** What a row is: `task`. */
  noun: string;
  /** Called when anything was changed. */
  onDone: () => void;
  onClose: () => void;
}

const MAX_NAMED = 5;

/** Asks for confirmation, with the number of rows, and does it. If some fail, only these are tried again. */
export function ActionDialog<Row extends { id: string }>({ action, rows, noun, onDone, onClose }: DialogProps<Row>) {
  const { verb, done, isDangerous = false, dismiss, explanation, run } = action;
  const [left, setLeft] = useState(rows);
  const what = left.length === 1 ? '' : ` ${figure(left.length)} ${noun}s`;
  return (
    <ConfirmDialog
      title={`${verb}${what}?`}
      action={`${verb}${what}`}
      isDangerous={isDangerous}
      {...(dismiss !== undefined && { dismiss })}
      onConfirm={async () => {
        const failed = await runAll(left, run);
        if (failed.length < left.length) onDone();
        const [first] = failed;
        if (!first) {
          toast(`${done}: ${nameOf(left, noun)}`);
          return;
        }
        setLeft(failed.map(({ row }) => row));
        const which =
          left.length === 1 ? '' : `${failed.length} of ${left.length} failed. The first, ${first.row.id}: `;
        throw new Error(`${which}${first.message}`);
      }}
      onClose={onClose}
    >
      <p>{explanation}</p>
      <ul class="plain mono">
        {left.slice(0, MAX_NAMED).map(({ id }) => (
          <li key={id}>{id}</li>
        ))}
        {left.length > MAX_NAMED && <li>and {figure(left.length - MAX_NAMED)} more</li>}
      </ul>
    </ConfirmDialog>
  );
}

function nameOf(rows: readonly { id: string }[], noun: string): string {
  return rows.length === 1 ? (rows[0]?.id ?? '') : `${figure(rows.length)} ${noun}s`;
}

interface BarProps<Row> {
  selection: Selection<Row>;
  actions: readonly RowAction<Row>[];
  noun: string;
  onDone: () => void;
}

/** Below a list in which rows are selected: how many, and what can be done to them. */
export function SelectionBar<Row extends { id: string }>({ selection, actions, noun, onDone }: BarProps<Row>) {
  const [chosen, setChosen] = useState<{ action: RowAction<Row>; rows: Row[] }>();
  const { selected, selectAll } = selection;
  const choices = actions.flatMap((action) => {
    const rows = selected.filter(action.applies);
    return rows.length > 0 ? [{ action, rows }] : [];
  });
  return (
    <>
      {selected.length > 0 && (
        <section class="selection-bar" aria-label="Selection">
          <strong>{figure(selected.length)} selected</strong>
          {choices.map((choice) => (
            <button key={choice.action.verb} type="button" class="button small" onClick={() => setChosen(choice)}>
              <Icon name={choice.action.icon} size={14} />
              {choice.action.verb} {figure(choice.rows.length)}…
            </button>
          ))}
          <button type="button" class="button small" onClick={() => selectAll(false)}>
            Clear
          </button>
        </section>
      )}
      {chosen && (
        <ActionDialog
          {...chosen}
          noun={noun}
          onDone={() => {
            selectAll(false);
            onDone();
          }}
          onClose={() => setChosen(undefined)}
        />
      )}
    </>
  );
}
