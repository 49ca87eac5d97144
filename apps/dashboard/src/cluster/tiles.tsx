import type { Overview } from '@resonate/admin';
import { duration, links, Tiles, type Tile } from '../parts/index.ts';
import { bounded, figure, ms, rate } from '../parts/format.ts';

/** A message that waits longer than this is highlighted. */
const OLD_MS = 30_000;

/** The numbers that show whether the cluster is healthy. */
export function ClusterTiles({ overview }: { overview: Overview }) {
  return <Tiles tiles={tilesOf(overview)} />;
}

function tilesOf({ series, backlog, leases, deadLetters, limit, streams, processes }: Overview): Tile[] {
  const now = series.at(-1);
  const p99Ms = now?.p99Ms ?? null;
  const waiting = backlog.reduce((sum, { count }) => sum + count, 0);
  const oldestMs = Math.max(0, ...backlog.map(({ ageMs }) => ageMs));
  const workers = streams.reduce((sum, { count }) => sum + count, 0);
  const groups = new Set(streams.map(({ group }) => group)).size;
  const dead = processes.filter(({ isAlive }) => !isAlive).length;
  return [
    {
      icon: 'overview',
      label: 'Requests / s',
      value: rate(now?.requests ?? 0),
      note: p99Ms === null ? 'no requests now' : `p99 ${ms(p99Ms)}`,
    },
    {
      icon: 'send',
      label: 'Waiting',
      value: bounded(waiting, limit),
      note: waiting === 0 ? 'no messages waiting' : `oldest ${duration(oldestMs, 1)}`,
      href: `${links.tasks}?state=pending`,
      isAlarming: oldestMs > OLD_MS,
    },
    {
      icon: 'play',
      label: 'Running tasks',
      value: bounded(leases, limit),
      note: 'held by workers',
      href: `${links.tasks}?state=acquired`,
    },
    {
      icon: 'letters',
      label: 'Dead letters',
      value: bounded(deadLetters, limit),
      note: deadLetters === 0 ? 'none' : 'not delivered',
      href: links.deadLetters,
      isAlarming: deadLetters > 0,
    },
    {
      icon: 'tasks',
      label: 'Workers',
      value: figure(workers),
      note: `in ${groups} ${groups === 1 ? 'group' : 'groups'}`,
    },
    {
      icon: 'system',
      label: 'Processes',
      value: figure(processes.length - dead),
      note: dead === 0 ? 'all alive' : `${dead} without a heartbeat`,
      isAlarming: dead > 0,
    },
  ];
}
