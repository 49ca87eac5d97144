import { runProcess, type Runtime } from '@resonate/runtime';
import type { Role, Service } from '@resonate/service';
import { SERVER_COMMANDS, type ServerCommand } from './server-commands.ts';

export function runServer(command: ServerCommand, flags: Readonly<Record<string, unknown>>): Promise<void> {
  const { role } = SERVER_COMMANDS[command];
  return runProcess({ command, role, flags, services: (runtime) => servicesOf(role, runtime) });
}

/** The api comes last: when it answers, everything behind it runs. A role loads only its own code. */
async function servicesOf(role: Role, runtime: Runtime): Promise<Service[]> {
  const services: Service[] = [];
  if (role === 'all' || role === 'scheduler') {
    services.push((await import('@resonate/scheduler')).createScheduler(runtime));
  }
  if (role === 'all' || role === 'dispatcher') {
    services.push((await import('@resonate/dispatcher')).createDispatcher(runtime));
  }
  if (role === 'all' || role === 'api') services.push((await import('@resonate/api')).createApi(runtime));
  return services;
}
