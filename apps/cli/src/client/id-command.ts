import type { CommandModule } from 'yargs';
import { answer } from './answer.ts';
import type { ClientArguments } from './arguments.ts';

/** The declaration of `<id>` for yargs. */
export interface IdOption {
  type: 'string';
  describe: string;
  demandOption: true;
}

/** `VERB <id>`: a request of the protocol whose only argument is an id. */
export function idCommand(
  verb: string,
  describe: string,
  kind: string,
  id: IdOption,
): CommandModule<ClientArguments, ClientArguments & { id: string }> {
  return {
    command: `${verb} <id>`,
    describe,
    builder: (options) => options.positional('id', id),
    handler: ({ id, ...options }) => answer(kind, { id }, options),
  };
}
