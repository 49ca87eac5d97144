import { Icon, type IconName } from './icon.tsx';

export interface Tile {
  icon: IconName;
  label: string;
  value: string;
  note: string;
  href?: string;
  /** Highlights the tile; the note says what is wrong. */
  isAlarming?: boolean;
}

/** Numbers at the top of a page. */
export function Tiles({ tiles }: { tiles: readonly Tile[] }) {
  return (
    <ul class={`tiles of-${tiles.length}`}>
      {tiles.map(({ icon, label, value, note, href, isAlarming }) => {
        const content = (
          <>
            <span class="tile-label">
              <Icon name={icon} size={14} />
              {label}
            </span>
            <strong class="tile-value">{value}</strong>
            <span class="tile-note">{note}</span>
          </>
        );
        const look = isAlarming ? 'tile alarming' : 'tile';
        return (
          <li key={label}>
            {href === undefined ? (
              <div class={look}>{content}</div>
            ) : (
              <a class={look} href={href}>
                {content}
              </a>
            )}
          </li>
        );
      })}
    </ul>
  );
}
