import type { CommandModule } from 'yargs';
import { answer } from './answer.ts';
import type { ClientArguments } from './arguments.ts';

/** The declaration of `<id>` for yargs, and an id for the examples in help texts. */
interface IdArgument {
  type: 'string';
  describe: string;
  demandOption: true;
  sample: string;
}

/** `VERB <id>`: a request of the protocol whose only argument is an id, such as `schedule.pause`. */
export function idCommand(
  record: 'task' | 'schedule',
  verb: string,
  describe: string,
  { sample, ...id }: IdArgument,
): CommandModule<ClientArguments, ClientArguments & { id: string }> {
  return {
    command: `${verb} <id>`,
    describe,
    builder: (options) => options.positional('id', id).example(`resonate ${record}s ${verb} ${sample}`, ''),
    handler: ({ id, ...options }) => answer(`${record}.${verb}`, { id }, options),
  };
}
