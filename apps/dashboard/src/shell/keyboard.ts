import { useEffect, useRef } from 'preact/hooks';
import { links } from '../parts/index.ts';

const PAGES: Readonly<Record<string, string>> = {
  o: links.overview,
  p: links.promises,
  t: links.tasks,
  s: links.schedules,
  d: links.deadLetters,
  c: links.cluster,
};
/** Maximum time between `g` and the letter of a page. */
const PAIR_MS = 1_500;

interface Actions {
  search: () => void;
  help: () => void;
  go: (url: string) => void;
}

/** Keys that work on every page. They do nothing while the user types or a dialog is open. */
export function useShortcuts(actions: Actions): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    let wentAt = -Infinity;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const page = performance.now() - wentAt < PAIR_MS ? PAGES[event.key] : undefined;
      wentAt = -Infinity;
      if (page !== undefined) latest.current.go(page);
      else if (event.key === '/') latest.current.search();
      else if (event.key === '?') latest.current.help();
      else if (event.key === 'g') wentAt = performance.now();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  if (document.querySelector('dialog[open]')) return true;
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
