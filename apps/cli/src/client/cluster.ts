import { get, type ClientOptions } from './http.ts';

interface Cluster {
  now: number;
  processes: {
    id: string;
    role: string;
    version: string;
    host: string;
    startedAt: number;
    leader: boolean;
    heartbeatAt: number;
  }[];
}

/** `resonate cluster`: who runs, which role, since when, who leads. A table on a terminal, JSON otherwise. */
export async function showCluster(options: ClientOptions): Promise<void> {
  const cluster = (await get('/cluster', options)) as Cluster;
  process.stdout.write(process.stdout.isTTY ? table(cluster) : `${JSON.stringify(cluster, null, 2)}\n`);
}

function table({ now, processes }: Cluster): string {
  const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;
  const rows = processes.map(({ role, leader, version, host, startedAt, heartbeatAt, id }) => [
    leader ? `${role} (leader)` : role,
    version,
    host,
    seconds(now - startedAt),
    seconds(now - heartbeatAt),
    id,
  ]);
  const all = [['ROLE', 'VERSION', 'HOST', 'UP', 'HEARTBEAT', 'ID'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
