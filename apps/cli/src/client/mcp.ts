import { requirePackages } from '@resonate/config/optional-packages';
import type { Argv } from 'yargs';
import { serverOptions } from './arguments.ts';
import type { ClientOptions } from './http.ts';

export const builder = (command: Argv): Argv<ClientOptions> => serverOptions(command);

/** `resonate mcp`: runs until standard input ends. */
export async function handler(options: ClientOptions): Promise<void> {
  requirePackages('resonate mcp');
  const { serveMcp } = await import('./mcp/serve.ts');
  await serveMcp(options);
}
