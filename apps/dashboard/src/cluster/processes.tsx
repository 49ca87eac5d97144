import type { ProcessInfo } from '@resonate/admin';
import { Badge, Table, Time, type Column } from '../parts/index.ts';
import { figure } from '../parts/format.ts';
import { shortId } from './workers.tsx';

const COLUMNS: readonly Column<ProcessInfo>[] = [
  {
    title: 'Process',
    cell: ({ id, host }) => (
      <span class="stack">
        <span class="break">{host}</span>
        <span class="dim mono" title={id}>
          {shortId(id)}
        </span>
      </span>
    ),
  },
  {
    title: 'Role',
    cell: ({ role, leader }) => (
      <span class="tags">
        {role === 'all' ? 'all roles' : role}
        {leader && <Badge tone="running" icon="check" label="Leader" />}
      </span>
    ),
  },
  {
    title: 'State',
    cell: ({ isAlive }) =>
      isAlive ? (
        <Badge tone="good" icon="check" label="Alive" />
      ) : (
        <Badge tone="bad" icon="cross" label="No heartbeat" />
      ),
  },
  { title: 'Version', cell: ({ version }) => version },
  { title: 'Heartbeat', cell: ({ heartbeatAt }) => <Time at={heartbeatAt} /> },
  { title: 'Started', cell: ({ startedAt }) => <Time at={startedAt} /> },
  {
    title: 'Queued requests',
    kind: 'number',
    cell: ({ waiting }) => (waiting === undefined ? <span class="dim">–</span> : figure(waiting)),
  },
];

/** The server processes that share the store. */
export function Processes({ processes }: { processes: readonly ProcessInfo[] }) {
  return <Table label="Server processes" columns={COLUMNS} rows={processes} keyOf={({ id }) => id} />;
}
