import { useState } from 'preact/hooks';
import { currentToken, setToken } from '../api/token.ts';
import { Dialog } from '../parts/index.ts';

/** The dialog for the access token. */
export function TokenDialog({ isAsked, onClose }: { isAsked: boolean; onClose: () => void }) {
  const [token, setText] = useState('');
  const has = currentToken() !== null;
  const use = (next: string | null) => {
    setToken(next);
    onClose();
  };
  return (
    <Dialog title="Access token" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() !== '') use(token.trim());
        }}
      >
        <div class="dialog-content">
          <p>
            {isAsked
              ? has
                ? 'The server does not accept your token. It may have expired.'
                : 'This server requires a token.'
              : 'This page sends your token with each request.'}{' '}
            The token stays in this tab and is deleted when you close it.
          </p>
          <label class="field">
            <span>JSON Web Token</span>
            <textarea
              class="input mono"
              rows={5}
              spellcheck={false}
              autocomplete="off"
              placeholder="eyJhbGciOi…"
              value={token}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </label>
        </div>
        <div class="dialog-actions">
          {has && (
            <button type="button" class="button" onClick={() => use(null)}>
              Delete the token
            </button>
          )}
          <button type="submit" class="button primary" disabled={token.trim() === ''}>
            Use this token
          </button>
        </div>
      </form>
    </Dialog>
  );
}
