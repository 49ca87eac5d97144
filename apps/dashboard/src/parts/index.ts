/** The parts that pages share. */
export { ConfirmDialog, Dialog } from './confirm-dialog.tsx';
export { Fact } from './fact.tsx';
export { Icon, type IconName } from './icon.tsx';
export { Code, JsonView } from './json-view.tsx';
export { links } from './links.ts';
export { Empty, ErrorState, Loading, Page, Panel } from './page.tsx';
export { ActionDialog, SelectionBar, type RowAction } from './row-actions.tsx';
export { Badge, lookOf, StateBadge } from './state-badge.tsx';
export { Table, type Column } from './table.tsx';
export { absoluteTime, dayAndTime, duration, FOREVER_MS, relativeTime, Time, useNow, utcOffset } from './time.tsx';
export { Tiles, type Tile } from './tiles.tsx';
export { toast } from './toast.tsx';
export { useSelection, type Selection } from './use-selection.ts';
