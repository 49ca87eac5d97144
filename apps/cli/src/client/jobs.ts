import { span } from '@resonate/admin/words';
import type { Jobs } from '@resonate/admin';
import type { Argv } from 'yargs';
import { clientOptions, type ClientArguments } from './arguments.ts';
import { getAdmin } from './http.ts';
import { show, type Table } from './output.ts';

export const builder = (command: Argv) => clientOptions(command);

/** `resonate jobs`: the last run of each maintenance job. */
export async function handler(options: ClientArguments): Promise<void> {
  show(await getAdmin('/admin/jobs', {}, options), options, jobTable);
}

function jobTable({ now, jobs }: Jobs): Table {
  return {
    columns: ['JOB', 'STATE', 'STARTED', 'TOOK', 'DONE', 'ERROR', 'PROCESS'],
    rows: jobs.map(({ name, state, startedAt, endedAt = now, done, error, by }) => [
      ...[name, state, `${span(now - startedAt)} ago`, span(endedAt - startedAt)],
      Object.entries(done)
        .map(([what, count]) => `${count} ${what}`)
        .join(', '),
      ...[error, by],
    ]),
  };
}
