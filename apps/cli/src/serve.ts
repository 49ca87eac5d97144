import { didYouMean } from '@resonate/config';
import type { Service } from '@resonate/lifecycle';
import type { Role } from '@resonate/observability';
import type { Runtime } from '@resonate/process';
import type { Command } from './command.ts';
import { suggestWith } from './exit-with-error.ts';
import { nextSteps } from './next-steps.ts';
import { shownFlags, withNoteOnOthers } from './shown-options.ts';

/** The commands that run a server, and their roles. */
export const SERVER_ROLES = {
  serve: 'all',
  dev: 'all',
  api: 'api',
  scheduler: 'scheduler',
  dispatcher: 'dispatcher',
} as const satisfies Record<string, Role>;

export type ServerCommand = keyof typeof SERVER_ROLES;

/** `resonate serve`, `dev` or a single role. It runs until a signal ends it. */
export function serverCommand(command: ServerCommand): Command {
  const flags = shownFlags(command);
  suggestWith((unknown) => didYouMean(unknown, Object.keys(flags)));
  return {
    builder: (options) => withNoteOnOthers(options.options(flags), command),
    handler: async (argv) => {
      const role = SERVER_ROLES[command];
      const { runProcess } = await import('@resonate/process');
      await runProcess({
        command,
        role,
        flags: argv as Readonly<Record<string, unknown>>,
        services: async (runtime) => [
          ...(await servicesOf(role, runtime)),
          ...(command === 'dev' ? [nextSteps(runtime)] : []),
        ],
      });
    },
  };
}

/**
 * The services of a role, in the order in which they start; they stop in the reverse order. The dispatcher starts after the
 * api and stops before it, because a worker that gets a push calls the server back. If the api were closed, the call would
 * fail, and the message would be sent again much later. Only the code of the role is loaded.
 */
async function servicesOf(role: Role, runtime: Runtime): Promise<Service[]> {
  const services: Service[] = [];
  if (role === 'all' || role === 'scheduler') {
    services.push((await import('@resonate/scheduler')).createScheduler(runtime));
  }
  if (role === 'all' || role === 'api') services.push((await import('@resonate/api')).createApi(runtime));
  if (role === 'all' || role === 'dispatcher') {
    services.push((await import('@resonate/dispatcher')).createDispatcher(runtime));
  }
  return services;
}
