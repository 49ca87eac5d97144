import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';
import { toast } from './toast.tsx';

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  isWide?: boolean;
  /** While it is true, the reader cannot close the dialog. */
  isLocked?: boolean;
}

/** A modal dialog. Escape or a click outside closes it. Render it only while it is open. */
export function Dialog({ title, onClose, children, isWide = false, isLocked = false }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const close = () => {
    if (!isLocked) onClose();
  };
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      class={isWide ? 'dialog wide' : 'dialog'}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClose={() => {
        // This event also comes after the dialog was removed. Then there is nothing to do.
        if (!ref.current?.isConnected) return;
        // The second Escape in a row closes the dialog even though `onCancel` prevents it.
        if (isLocked) ref.current.showModal();
        else onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) close();
      }}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id={titleId}>{title}</h2>
          <button type="button" class="icon-button" aria-label="Close" disabled={isLocked} onClick={close}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  /** A description of what will happen. */
  children: ComponentChildren;
  /** The verb on the button, such as `Cancel the promise`. */
  action: string;
  /** The button that closes the dialog without a change. */
  dismiss?: string;
  isDangerous?: boolean;
  /** False disables the button, for forms that are not complete. */
  isReady?: boolean;
  isWide?: boolean;
  /** Performs the action. If it throws, the dialog stays open and shows the error. */
  onConfirm: () => Promise<void>;
  onClose: () => void;
}

/** Asks for confirmation, runs the action, and closes. The reader cannot close it while the action runs. */
export function ConfirmDialog(props: ConfirmProps) {
  const {
    title,
    children,
    action,
    dismiss = 'Cancel',
    isDangerous = false,
    isReady = true,
    isWide = false,
    onConfirm,
    onClose,
  } = props;
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isShown = useRef(true);
  useEffect(() => () => void (isShown.current = false), []);
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      if (isShown.current) onClose();
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      // The reader may have gone to another page meanwhile.
      if (!isShown.current) toast(`${action}: ${message}`, { isError: true });
      setError(message);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose} isWide={isWide} isLocked={isBusy}>
      <form
        aria-busy={isBusy}
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy && isReady) void confirm();
        }}
      >
        <div class="dialog-content">{children}</div>
        {error !== null && (
          <p class="form-error" role="alert">
            {error}
          </p>
        )}
        <div class="dialog-actions">
          <button type="button" class="button" disabled={isBusy} onClick={onClose}>
            {dismiss}
          </button>
          <button type="submit" class={isDangerous ? 'button danger' : 'button primary'} disabled={isBusy || !isReady}>
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
