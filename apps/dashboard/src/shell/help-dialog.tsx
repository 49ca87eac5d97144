import { Dialog } from '../parts/index.ts';

const KEYS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['/'], 'Search promises by id'],
  [['g', 'o'], 'Overview'],
  [['g', 'p'], 'Promises'],
  [['g', 't'], 'Tasks'],
  [['g', 's'], 'Schedules'],
  [['g', 'd'], 'Dead letters'],
  [['g', 'c'], 'Cluster'],
  [['?'], 'This help'],
  [['Esc'], 'Close a dialog'],
];

export function HelpDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>↑</kbd>
            <kbd>↓</kbd>
            <kbd>←</kbd>
            <kbd>→</kbd>
          </dt>
          <dd>In a call graph: move, expand and collapse</dd>
        </div>
      </dl>
    </Dialog>
  );
}
