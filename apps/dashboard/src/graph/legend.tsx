const ENTRIES = [
  { sample: 'wf-bar wf-running', label: 'Running on a worker (includes earlier waits for a worker)' },
  { sample: 'wf-bar wf-waiting', label: 'Waiting for a call, a timer or an external client' },
  { sample: 'wf-bar wf-queued', label: 'Waiting for a worker' },
  { sample: 'wf-critical', label: 'Critical path' },
  { sample: 'wf-deadline', label: 'Deadline' },
] as const;

/** Explains the shapes of the waterfall's bars. Their colours are those of the states beside the names. */
export function Legend() {
  return (
    <ul class="wf-legend" aria-label="Legend">
      {ENTRIES.map(({ sample, label }) => (
        <li key={label}>
          <span class="wf-sample" aria-hidden="true">
            <span class={sample} />
          </span>
          {label}
        </li>
      ))}
    </ul>
  );
}
