import { useEffect, useRef } from 'preact/hooks';
import { Icon, links } from '../parts/index.ts';
import { PromiseDetails } from './promise-details.tsx';
import { usePromise } from '../api/use-promise.ts';

/** A promise in a panel beside its call graph. Escape closes the panel. */
export function SidePromise({ id, onClose }: { id: string; onClose: () => void }) {
  const loaded = usePromise(id);
  const aside = useRef<HTMLElement>(null);
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || document.querySelector('dialog[open]')) return;
      close.current();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
  useEffect(() => aside.current?.scrollTo(0, 0), [id]);
  return (
    <aside class="panel graph-side" aria-label="Promise" ref={aside} tabIndex={-1}>
      <header class="panel-head side-head">
        <h2 class="mono side-id">{id}</h2>
        <a
          class="icon-button"
          href={links.promise(id)}
          aria-label="Open the page of this promise"
          title="Open its page"
        >
          <Icon name="external" />
        </a>
        <button type="button" class="icon-button" aria-label="Close" title="Close (Escape)" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <PromiseDetails id={id} loaded={loaded} isSide />
    </aside>
  );
}
