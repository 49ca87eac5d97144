import { useMemo, useState } from 'preact/hooks';
import { ConfirmDialog, Icon, toast, type IconName } from '../parts/index.ts';
import { settle } from '../actions/settle.ts';
import { encodeValue } from '../value/value.ts';

interface Way {
  state: 'resolved' | 'rejected' | 'rejected_canceled';
  verb: string;
  done: string;
  icon: IconName;
  isDangerous: boolean;
  /** The initial text of the editor. */
  template: string;
  explanation: string;
}

const ERROR = JSON.stringify({ __type: 'error', name: 'Error', message: '' }, null, 2);

const WAYS: readonly Way[] = [
  {
    state: 'resolved',
    verb: 'Resolve',
    done: 'Resolved',
    icon: 'check',
    isDangerous: false,
    template: '',
    explanation: 'Its awaiters resume with this value.',
  },
  {
    state: 'rejected',
    verb: 'Reject',
    done: 'Rejected',
    icon: 'cross',
    isDangerous: true,
    template: ERROR,
    explanation: 'Its awaiters get this value as an error.',
  },
  {
    state: 'rejected_canceled',
    verb: 'Cancel',
    done: 'Canceled',
    icon: 'ban',
    isDangerous: true,
    template: '',
    explanation: 'Its awaiters get an error that says it was canceled. Code that is running for it is not interrupted.',
  },
];

interface Settled {
  id: string;
  func: string | undefined;
  onDone: () => void;
}

/**
 * Settles a pending promise by hand. It names the promise, because a page may have these buttons for two. An open dialog
 * stays if somebody else settles the promise meanwhile, so that what the reader typed is not lost without a word.
 */
export function SettleActions({ isPending, ...settled }: Settled & { isPending: boolean }) {
  const [way, setWay] = useState<Way>();
  return (
    <>
      {isPending && (
        <div class="pd-actions">
          <span class="mono pd-whose">{settled.id}</span>
          {WAYS.map((one) => (
            <button key={one.state} type="button" class="button" onClick={() => setWay(one)}>
              <Icon name={one.icon} size={14} />
              {one.verb}…
            </button>
          ))}
        </div>
      )}
      {way && <SettleDialog {...settled} way={way} onClose={() => setWay(undefined)} />}
    </>
  );
}

interface DialogProps extends Settled {
  way: Way;
  onClose: () => void;
}

function SettleDialog({ id, func, way, onDone, onClose }: DialogProps) {
  const [text, setText] = useState(way.template);
  const error = useMemo(() => jsonError(text), [text]);
  return (
    <ConfirmDialog
      title={`${way.verb} this promise?`}
      action={`${way.verb} the promise`}
      dismiss={way.state === 'rejected_canceled' ? 'Do not cancel' : 'Cancel'}
      isDangerous={way.isDangerous}
      isReady={error === undefined}
      isWide
      onConfirm={async () => {
        await settle({ id, state: way.state, value: encodeValue(text) });
        toast(`${way.done} ${id}`);
        onDone();
      }}
      onClose={onClose}
    >
      <p>
        <span class="mono">{id}</span>
        {func !== undefined && <> ({func})</>} will be settled. You cannot undo this. {way.explanation}
      </p>
      <label class="field">
        Value, as JSON
        <textarea
          class="input mono json-editor"
          rows={8}
          spellcheck={false}
          autocomplete="off"
          value={text}
          aria-invalid={error !== undefined}
          aria-describedby="settle-hint"
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <span id="settle-hint" class={error === undefined ? 'hint' : 'field-error'}>
          {error ??
            'For example {"approved": true}. Leave empty for undefined. The page encodes it in the same way as the SDKs.'}
        </span>
      </label>
    </ConfirmDialog>
  );
}

function jsonError(text: string): string | undefined {
  try {
    encodeValue(text);
    return undefined;
  } catch (cause) {
    return `Not JSON: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}
