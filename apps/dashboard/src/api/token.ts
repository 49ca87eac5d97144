/** The reader's token: kept for this tab only, and never in a URL. */
const KEY = 'resonate.token';

type Listener = () => void;

/** The server refused a request, and the reader has been told so. */
let isAsked = false;
const changeListeners = new Set<Listener>();
const askListeners = new Set<Listener>();

export function currentToken(): string | null {
  return sessionStorage.getItem(KEY);
}

/** @param token null forgets it. */
export function setToken(token: string | null): void {
  if (token === null || token === '') sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, token);
  isAsked = false;
  for (const listener of changeListeners) listener();
}

/** The server wants a token, or a better one. Said once per token: a dialog that was closed stays closed. */
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

/** Called when the token is another one. @returns ends it. */
export function onTokenChange(listener: Listener): () => void {
  changeListeners.add(listener);
  return () => void changeListeners.delete(listener);
}

/** Called when the dialog is to open. @returns ends it. */
export function onTokenAsked(listener: Listener): () => void {
  askListeners.add(listener);
  return () => void askListeners.delete(listener);
}
