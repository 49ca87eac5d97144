import type { CatchUpPolicy, OverlapPolicy, ScheduleRecord } from '@resonate/protocol';
import type { Argv } from 'yargs';
import { SUBCOMMAND_MISSING } from '../complain.ts';
import { answer } from './answer.ts';
import { clientOptions, durationMs, jsonOf, textOption, valueOf, type ClientArguments } from './arguments.ts';
import { call } from './http.ts';
import { idCommand } from './id-command.ts';
import { instant, show, span, type Table } from './output.ts';
import { pageOptions, search, type Search } from './search.ts';

const ID = { type: 'string', describe: "The schedule's id", demandOption: true } as const;

/** `resonate schedules …` */
export function builder(schedules: Argv): unknown {
  return clientOptions(schedules)
    .command(idCommand('get', 'Show a schedule', 'schedule.get', ID))
    .command('create <id>', 'Create a schedule, or show the existing one with this id', createOptions, (argv) => {
      const data = {
        id: argv.id,
        cron: argv.cron,
        promiseId: argv['promise-id'],
        promiseTimeout: durationMs(argv['promise-timeout'], '--promise-timeout'),
        promiseParam: valueOf(argv['promise-param'], '--promise-param'),
        promiseTags: jsonOf(argv['promise-tags'], '--promise-tags'),
        timezone: argv.timezone,
        overlap: argv.overlap,
        catchUp: argv['catch-up'],
      };
      return answer('schedule.create', data, argv);
    })
    .command(idCommand('delete', 'Delete a schedule; its promises stay', 'schedule.delete', ID))
    .command(idCommand('pause', 'Pause a schedule until it is resumed', 'schedule.pause', ID))
    .command(idCommand('resume', 'Resume a paused schedule with its next run after now', 'schedule.resume', ID))
    .command(idCommand('trigger', 'Start an additional run now, even while paused', 'schedule.trigger', ID))
    .command(
      'preview <id>',
      'Show the next runs',
      (options) =>
        options
          .positional('id', ID)
          .option('limit', { type: 'number', requiresArg: true, describe: 'Number of runs, at most 100 (default 10)' }),
      (argv) => preview(argv),
    )
    .command(
      'search',
      'List schedules, in order of id',
      (options) =>
        pageOptions(options.option('tags', textOption('Tags that must all match: \'{"name": "value"}\'')), SCHEDULES),
      (argv) => search(SCHEDULES, { tags: jsonOf(argv.tags, '--tags') }, argv),
    )
    .demandCommand(1, SUBCOMMAND_MISSING);
}

function createOptions(options: Argv<ClientArguments>) {
  return options.positional('id', ID).options({
    cron: {
      ...textOption('Cron expression, such as "0 * * * *"; six fields start with seconds; UTC without --timezone'),
      demandOption: true,
    },
    'promise-id': { ...textOption('Id of each promise; {{.timestamp}} and {{.id}} are replaced'), demandOption: true },
    'promise-timeout': { ...textOption('Time until each promise times out: 1h'), demandOption: true },
    'promise-param': textOption('Param of each promise: \'{"data": …}\'; the command base64-encodes data'),
    'promise-tags': textOption('Tags of each promise: \'{"name": "value"}\''),
    timezone: textOption('Time zone of the cron expression: Europe/Berlin'),
    overlap: {
      choices: ['allow', 'skip', 'cancel'] satisfies OverlapPolicy[],
      requiresArg: true,
      describe: 'If the last run is still pending: start the new run too, skip it, or cancel the last run',
    },
    'catch-up': {
      choices: ['all', 'last', 'none'] satisfies CatchUpPolicy[],
      requiresArg: true,
      describe: 'Which runs missed during a downtime are made up for',
    },
  });
}

async function preview({ id, limit, ...options }: ClientArguments & { id: string; limit: number | undefined }) {
  const { runs } = await call<{ runs: number[] }>('schedule.preview', { id, limit }, options);
  show({ runs }, options, () => ({ columns: ['NEXT RUNS'], rows: runs.map((at) => [instant(at)]) }));
}

const SCHEDULES: Search<ScheduleRecord> = {
  kind: 'schedule.search',
  list: 'schedules',
  pageSize: 10,
  table: scheduleTable,
};

function scheduleTable(schedules: readonly ScheduleRecord[]): Table {
  return {
    columns: ['ID', 'CRON', 'NEXT RUN', 'LAST RUN', 'PROMISE', 'TIMEOUT'],
    rows: schedules.map(({ id, cron, nextRunAt, lastRunAt, promiseId, promiseTimeout, pausedAt }) => [
      ...[id, cron, pausedAt === undefined ? instant(nextRunAt) : 'paused', instant(lastRunAt), promiseId],
      span(promiseTimeout),
    ]),
  };
}
