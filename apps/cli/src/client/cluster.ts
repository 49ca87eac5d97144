import { span } from '@resonate/admin/words';
import type { Argv } from 'yargs';
import { clientOptions, type ClientArguments } from './arguments.ts';
import { get } from './http.ts';
import { show, type Table } from './output.ts';

interface Cluster {
  now: number;
  processes: {
    id: string;
    role: string;
    version: string;
    host: string;
    startedAt: number;
    /** False if its heartbeat has stopped. */
    isAlive: boolean;
    /** Never true for a process whose heartbeat has stopped. */
    leader: boolean;
    heartbeatAt: number;
  }[];
}

export const builder = (command: Argv) => clientOptions(command);

/** `resonate cluster`: the processes with their roles, uptimes and the leader. */
export async function handler(options: ClientArguments): Promise<void> {
  show((await get('/cluster', options)) as Cluster, options, processTable);
}

function processTable({ now, processes }: Cluster): Table {
  return {
    columns: ['ROLE', 'VERSION', 'HOST', 'UP', 'HEARTBEAT', 'ID'],
    rows: processes.map(({ role, isAlive, leader, version, host, startedAt, heartbeatAt, id }) => [
      `${role}${isAlive ? '' : ' (no heartbeat)'}${leader ? ' (leader)' : ''}`,
      version,
      host,
      span(now - startedAt),
      span(now - heartbeatAt),
      id,
    ]),
  };
}
