/** The reader's token: kept for this tab only, and never in a URL. */
const KEY = 'resonate.token';

type Listener = () => void;

let asked = false;
const listeners = new Set<Listener>();

export function currentToken(): string | null {
  return sessionStorage.getItem(KEY);
}

/** @param token null forgets it. */
export function setToken(token: string | null): void {
  if (token === null || token === '') sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, token);
  asked = false;
  tell();
}

/** The server wants a token, or a better one: the shell opens its dialog. */
export function askForToken(): void {
  if (asked) return;
  asked = true;
  tell();
}

export function isTokenAsked(): boolean {
  return asked;
}

/** Called when a token was set or is asked for. @returns ends it. */
export function onTokenChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(): void {
  for (const listener of listeners) listener();
}
