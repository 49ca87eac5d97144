import { useEffect, useState } from 'preact/hooks';
import { liveStatus, onLiveStatus, type LiveStatus } from '../api/live.ts';

const TEXTS: Readonly<Record<LiveStatus, readonly [label: string, title: string]>> = {
  live: ['Live', 'Changes on the server show up at once'],
  polling: ['Polling', 'No event stream at the moment: the page asks every few seconds'],
  paused: ['Paused', 'Nothing is loaded while the page is hidden'],
  connecting: ['Connecting', 'The event stream is being opened'],
};

/** Whether what the page shows is of now. */
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
