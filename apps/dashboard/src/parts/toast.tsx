import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

const SHOWN_MS = 5_000;
const MAX_TOASTS = 4;

interface Toast {
  id: number;
  text: string;
  isError: boolean;
}

let toasts: Toast[] = [];
let nextId = 1;
let draw: () => void = () => {};

/** Shows for a few seconds that something was done or failed. */
export function toast(text: string, { isError = false } = {}): void {
  const id = nextId++;
  toasts = [...toasts.slice(1 - MAX_TOASTS), { id, text, isError }];
  draw();
  setTimeout(() => dismiss(id), SHOWN_MS);
}

function dismiss(id: number): void {
  toasts = toasts.filter((one) => one.id !== id);
  draw();
}

/** The place for toasts; once, in the shell. */
export function Toasts() {
  const [, setCount] = useState(0);
  useEffect(() => {
    draw = () => setCount((count) => count + 1);
    return () => (draw = () => {});
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.map(({ id, text, isError }) => (
        <div key={id} class={isError ? 'toast tone-bad' : 'toast'}>
          <Icon name={isError ? 'warning' : 'check'} />
          <span>{text}</span>
          <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => dismiss(id)}>
            <Icon name="close" size={14} />
          </button>
        </div>
      ))}
    </div>
  );
}
