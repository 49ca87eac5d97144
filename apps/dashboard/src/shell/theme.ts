import { useState } from 'preact/hooks';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'resonate.theme';
const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };

/** Call this before the first render. */
export function applyStoredTheme(): void {
  apply(storedTheme());
}

/** @returns the theme, and a function that switches to the next one. */
export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState(storedTheme);
  const next = () => {
    const chosen = NEXT[theme];
    localStorage.setItem(KEY, chosen);
    apply(chosen);
    setTheme(chosen);
  };
  return [theme, next];
}

function storedTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

function apply(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  // Tell charts to redraw. They are drawn on a canvas, which does not follow custom properties.
  dispatchEvent(new Event('themechange'));
}
