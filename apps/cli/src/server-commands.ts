import type { Role } from '@resonate/service';

/** The commands that run a server, and the roles each has. */
export const SERVER_COMMANDS = {
  serve: { role: 'all', describe: 'Start a server with all roles; its promises are in resonate.db' },
  dev: { role: 'all', describe: 'Start a server with all roles, in memory' },
  api: { role: 'api', describe: 'Start an api process of a cluster: HTTP, event streams, health' },
  scheduler: { role: 'scheduler', describe: 'Start a scheduler process of a cluster: timeouts, leases, cron' },
  dispatcher: { role: 'dispatcher', describe: 'Start a dispatcher process of a cluster: delivers messages' },
} as const satisfies Record<string, { role: Role; describe: string }>;

export type ServerCommand = keyof typeof SERVER_COMMANDS;
