/** The key under which the user's token is stored: for this tab only, never in a URL. */
const KEY = 'resonate.token';

type Listener = () => void;

/** True if the server has refused the token and the dialog was shown. */
let isAsked = false;
const changeListeners = new Set<Listener>();
const askListeners = new Set<Listener>();

export function currentToken(): string | null {
  return sessionStorage.getItem(KEY);
}

/** @param token null deletes it. */
export function setToken(token: string | null): void {
  if (token === null || token === '') sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, token);
  isAsked = false;
  for (const listener of changeListeners) listener();
}

/**
 * Call it when the server requires a token or refuses this one. Opens the dialog once per token. If the user closes it,
 * it stays closed.
 */
export function tokenRefused(): void {
  if (isAsked) return;
  askForToken();
}

/** Opens the dialog. */
export function askForToken(): void {
  isAsked = true;
  for (const listener of askListeners) listener();
}

export function isTokenAsked(): boolean {
  return isAsked;
}

/** Calls `listener` when the token changes. @returns a function that stops it. */
export function onTokenChange(listener: Listener): () => void {
  changeListeners.add(listener);
  return () => void changeListeners.delete(listener);
}

/** Calls `listener` when the dialog should open. @returns a function that stops it. */
export function onTokenAsked(listener: Listener): () => void {
  askListeners.add(listener);
  return () => void askListeners.delete(listener);
}
