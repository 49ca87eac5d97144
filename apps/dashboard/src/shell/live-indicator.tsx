import { useEffect, useState } from 'preact/hooks';
import { liveStatus, onLiveStatus, type LiveStatus } from '../api/live.ts';

const TEXTS: Readonly<Record<LiveStatus, readonly [label: string, title: string]>> = {
  live: ['Live', 'The page updates when something changes'],
  polling: ['Polling', 'There is no event stream. The page loads its data every few seconds'],
  offline: ['Offline', 'The server does not answer. The page shows old data and tries again'],
  paused: ['Paused', 'The page loads nothing while it is hidden'],
  connecting: ['Connecting', 'The page is opening its event stream'],
};

/** Says whether the page is up to date. */
export function LiveIndicator() {
  const [status, setStatus] = useState(liveStatus);
  useEffect(() => onLiveStatus(() => setStatus(liveStatus())), []);
  const [label, title] = TEXTS[status];
  return (
    <span class={`live live-${status}`} title={title} role="status">
      <span class="live-dot" aria-hidden="true" />
      <span class="live-label">{label}</span>
    </span>
  );
}
