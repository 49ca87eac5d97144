import type { TransportBacklog } from '@resonate/admin';
import { duration, Empty, Table, type Column } from '../parts/index.ts';
import { bounded } from '../parts/format.ts';

interface Row {
  transport: string;
  target: string;
  count: string;
  age: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'Target', cell: ({ target }) => <span class="mono break">{target}</span> },
  { title: 'Transport', cell: ({ transport }) => transport },
  { title: 'Waiting', kind: 'number', cell: ({ count }) => count },
  { title: 'Oldest', kind: 'number', cell: ({ age }) => age },
];

/** Due messages that no process has claimed, by target; those with the oldest messages first. */
export function Backlog({ backlog, limit }: { backlog: readonly TransportBacklog[]; limit: number }) {
  const rows = backlog.flatMap(({ transport, count, ageMs, targets }): Row[] => {
    if (count === 0) return [];
    const shown = targets.map((one) => ({
      transport,
      target: one.target,
      count: bounded(one.count, limit),
      age: duration(one.ageMs, 1),
    }));
    return shown.length > 0
      ? shown
      : [{ transport, target: 'all', count: bounded(count, limit), age: duration(ageMs, 1) }];
  });
  if (rows.length === 0) {
    return (
      <Empty icon="check" title="No messages are waiting">
        This table lists due messages that were not sent yet, by target.
      </Empty>
    );
  }
  return (
    <Table
      label="Waiting messages by target"
      columns={COLUMNS}
      rows={rows}
      keyOf={({ transport, target }) => `${transport} ${target}`}
    />
  );
}
