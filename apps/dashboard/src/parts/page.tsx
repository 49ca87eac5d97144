import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { ApiError } from '../api/client.ts';
import { askForToken } from '../api/token.ts';
import { Icon, type IconName } from './icon.tsx';

interface PageProps {
  title: string;
  /** Beside the title: buttons. */
  actions?: ComponentChildren;
  /** Below the title, one line. */
  lead?: ComponentChildren;
  children: ComponentChildren;
}

/** Frame of a page: its heading, and the title of the browser's tab. */
export function Page({ title, actions, lead, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Resonate`;
  }, [title]);
  return (
    <>
      <header class="page-head">
        <div class="page-title">
          <h1>{title}</h1>
          {lead && <p class="lead">{lead}</p>}
        </div>
        {actions && <div class="page-actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

/** A card with a heading. */
export function Panel({
  title,
  actions,
  children,
}: {
  title: string;
  actions?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="panel">
      <header class="panel-head">
        <h2>{title}</h2>
        {actions}
      </header>
      {children}
    </section>
  );
}

/** For empty lists: says why it is empty, and what to do. */
export function Empty({
  icon = 'search',
  title,
  children,
}: {
  icon?: IconName;
  title: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon name={icon} size={28} />
      <p class="empty-title">{title}</p>
      {children && <div class="empty-text">{children}</div>}
    </div>
  );
}

export function Loading({ label = 'Loading' }: { label?: string }) {
  return (
    <div class="loading" role="status">
      <span class="spinner" aria-hidden="true" />
      {label}…
    </div>
  );
}

/** Says why loading failed, and what to do. */
export function ErrorState({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  const status = error instanceof ApiError ? error.status : -1;
  return (
    <div class="error-state" role="alert">
      <Icon name="warning" size={20} />
      <div>
        <p class="empty-title">{titleOf(status)}</p>
        <p>{error.message}</p>
        <div class="row">
          {(status === 401 || status === 403) && (
            <button type="button" class="button small" onClick={askForToken}>
              Use another token
            </button>
          )}
          {onRetry && (
            <button type="button" class="button small" onClick={onRetry}>
              Try again
            </button>
          )}
        </div>
      </div>
    </div>
  );
}

function titleOf(status: number): string {
  if (status === 401) return 'This server requires a token';
  if (status === 403) return 'Your token does not allow this';
  if (status === 404) return 'Not found';
  return 'Loading failed';
}
