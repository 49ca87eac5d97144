import type { ProcessInfo, StreamCount } from '@resonate/admin';
import { Empty, Table, type Column } from '../parts/index.ts';
import { figure } from '../parts/format.ts';

const MAX_SHOWN = 50;

/** Groups of workers, and the server processes they are connected to. */
export function Workers({
  streams,
  processes,
}: {
  streams: readonly StreamCount[];
  processes: readonly ProcessInfo[];
}) {
  if (streams.length === 0) {
    return (
      <Empty icon="tasks" title="No worker is connected">
        This table lists workers with an open event stream. Workers behind HTTP or a broker do not appear here.
      </Empty>
    );
  }
  const groups = [...new Set(streams.map(({ group }) => group))].map((group) => {
    const own = streams.filter((one) => one.group === group);
    return { group, own, count: own.reduce((sum, { count }) => sum + count, 0) };
  });
  const columns: Column<(typeof groups)[number]>[] = [
    { title: 'Group', cell: ({ group }) => <span class="mono break">{group}</span> },
    { title: 'Workers', kind: 'number', cell: ({ count }) => figure(count) },
    {
      title: 'Connected to',
      cell: ({ own }) => (
        <span class="tags">
          {own.map(({ processId, count }) => (
            <span key={processId} class="tag" title={processId}>
              {nameOf(processId, processes)} <strong>{figure(count)}</strong>
            </span>
          ))}
        </span>
      ),
    },
  ];
  return (
    <Table label="Workers by group" columns={columns} rows={groups.slice(0, MAX_SHOWN)} keyOf={({ group }) => group} />
  );
}

function nameOf(id: string, processes: readonly ProcessInfo[]): string {
  const known = processes.find((one) => one.id === id);
  return known ? `${known.role} on ${known.host}` : shortId(id);
}

/** The beginning of an id, enough to tell processes apart. */
export function shortId(id: string): string {
  return id.length > 16 ? `${id.slice(0, 15)}…` : id;
}
