import { render } from 'preact';
import { liveStatus, onLiveStatus } from './api/live.ts';
import { retrySession, startSession } from './api/use-session.ts';
import { App } from './app.tsx';
import { applyStoredTheme } from './shell/theme.ts';
import './style/tokens.css';
import './style/base.css';
import './style/shell.css';
import './style/parts.css';
import './style/table.css';
import './style/forms.css';
import './style/pages.css';

applyStoredTheme();
startSession();
onLiveStatus(() => {
  if (liveStatus() === 'live') retrySession();
});
const root = document.getElementById('app');
if (root) render(<App />, root);
