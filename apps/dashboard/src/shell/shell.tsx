import type { ComponentChildren } from 'preact';
import { useLocation } from 'preact-iso';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useSession } from '../api/use-session.ts';
import { currentToken, isTokenAsked, onTokenAsked, onTokenChange } from '../api/token.ts';
import { Icon, links, type IconName } from '../parts/index.ts';
import { Toasts } from '../parts/toast.tsx';
import mark from '../icon.svg';
import { HelpDialog } from './help-dialog.tsx';
import { useShortcuts } from './keyboard.ts';
import { LiveIndicator } from './live-indicator.tsx';
import { useTheme, type Theme } from './theme.ts';
import { TokenDialog } from './token-dialog.tsx';

interface NavItem {
  href: string;
  label: string;
  icon: IconName;
  /** Other pages on which this item is marked as current. */
  covers?: readonly string[];
}

const NAV: readonly NavItem[] = [
  { href: links.overview, label: 'Overview', icon: 'home' },
  { href: links.promises, label: 'Promises', icon: 'promises', covers: ['/ui/promise', '/ui/graph'] },
  { href: links.tasks, label: 'Tasks', icon: 'tasks' },
  { href: links.schedules, label: 'Schedules', icon: 'schedules' },
  { href: links.deadLetters, label: 'Dead letters', icon: 'letters' },
  { href: links.cluster, label: 'Cluster', icon: 'system' },
];

/** The frame of every page: navigation, search, token, theme. */
export function Shell({ children }: { children: ComponentChildren }) {
  const { route, path } = useLocation();
  const search = useRef<HTMLInputElement>(null);
  const main = useRef<HTMLElement>(null);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [isTokenOpen, setTokenOpen] = useState(false);
  const [isAsked, setAsked] = useState(isTokenAsked);
  useEffect(() => onTokenAsked(() => setAsked(true)), []);
  useShortcuts({ search: () => search.current?.focus(), help: () => setHelpOpen(true), go: (url) => route(url) });
  // A new page starts at its top, like a page load.
  useEffect(() => main.current?.scrollTo(0, 0), [path]);
  return (
    <div class="shell">
      <a class="skip-link" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the content
      </a>
      <Navigation path={path} />
      <div class="top">
        <form
          class="search-box"
          role="search"
          onSubmit={(event) => {
            event.preventDefault();
            const prefix = search.current?.value.trim() ?? '';
            // Leave the field, so that the next keys are shortcuts again.
            main.current?.focus();
            route(`${links.promises}${prefix === '' ? '' : `?prefix=${encodeURIComponent(prefix)}`}`);
          }}
        >
          <Icon name="search" />
          <input ref={search} type="search" aria-label="Search promises by id" placeholder="Search promises by id" />
          <kbd aria-hidden="true">/</kbd>
        </form>
        <TopButtons onToken={() => setTokenOpen(true)} onHelp={() => setHelpOpen(true)} />
      </div>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
      {isHelpOpen && <HelpDialog onClose={() => setHelpOpen(false)} />}
      {(isTokenOpen || isAsked) && (
        <TokenDialog
          isAsked={isAsked}
          onClose={() => {
            setTokenOpen(false);
            setAsked(false);
          }}
        />
      )}
      <Toasts />
    </div>
  );
}

function Navigation({ path }: { path: string }) {
  const session = useSession();
  const here = path.replace(/\/$/, '');
  return (
    <nav class="nav" aria-label="Pages">
      <a class="brand" href={links.overview}>
        <img class="brand-mark" src={mark} alt="" width="28" height="28" />
        <span>Resonate</span>
      </a>
      <ul>
        {NAV.map(({ href, label, icon, covers = [] }) => (
          <li key={href}>
            <a href={href} aria-current={[href.replace(/\/$/, ''), ...covers].includes(here) ? 'page' : undefined}>
              <Icon name={icon} size={18} />
              <span>{label}</span>
            </a>
          </li>
        ))}
      </ul>
      {session && (
        <p class="nav-foot">
          Version {session.version}
          {!session.isAdmin && `, only ids that begin with ${session.prefix}`}
        </p>
      )}
    </nav>
  );
}

const THEMES: Readonly<Record<Theme, readonly [icon: IconName, label: string]>> = {
  system: ['system', 'Theme: system'],
  light: ['sun', 'Theme: light'],
  dark: ['moon', 'Theme: dark'],
};

function TopButtons({ onToken, onHelp }: { onToken: () => void; onHelp: () => void }) {
  const [theme, nextTheme] = useTheme();
  const [themeIcon, themeLabel] = THEMES[theme];
  const [hasToken, setHasToken] = useState(currentToken() !== null);
  useEffect(() => onTokenChange(() => setHasToken(currentToken() !== null)), []);
  const tokenLabel = hasToken ? 'Access token: set' : 'Access token: none';
  return (
    <div class="top-buttons">
      <LiveIndicator />
      <button type="button" class="icon-button" aria-label={tokenLabel} title={tokenLabel} onClick={onToken}>
        <Icon name="key" size={18} />
        {hasToken && <span class="button-dot" aria-hidden="true" />}
      </button>
      <button type="button" class="icon-button" aria-label={themeLabel} title={themeLabel} onClick={nextTheme}>
        <Icon name={themeIcon} size={18} />
      </button>
      <button
        type="button"
        class="icon-button wide-only"
        aria-label="Keyboard help"
        title="Keyboard help (?)"
        onClick={onHelp}
      >
        <Icon name="help" size={18} />
      </button>
    </div>
  );
}
