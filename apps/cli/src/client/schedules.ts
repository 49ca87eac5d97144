import type { CatchUpPolicy, OverlapPolicy, ScheduleRecord } from '@resonate/protocol';
import type { Argv } from 'yargs';
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
    .command('create <id>', 'Create a schedule, or show the one that has the id', createOptions, (argv) => {
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
    .command(idCommand('delete', 'Delete a schedule; the promises it made stay', 'schedule.delete', ID))
    .command(idCommand('pause', 'Let no occurrence come until the schedule is resumed', 'schedule.pause', ID))
    .command(idCommand('resume', 'Go on with the first occurrence after now', 'schedule.resume', ID))
    .command(idCommand('trigger', 'Run now, beside the occurrences, also while paused', 'schedule.trigger', ID))
    .command(
      'preview <id>',
      'Show when the schedule runs next',
      (options) =>
        options
          .positional('id', ID)
          .option('limit', { type: 'number', requiresArg: true, describe: 'How many runs, at most 100 (default 10)' }),
      (argv) => preview(argv),
    )
    .command(
      'search',
      'List schedules, in order of id',
      (options) =>
        pageOptions(options.option('tags', textOption('Tags that must all match: \'{"name": "value"}\'')), SCHEDULES),
      (argv) => search(SCHEDULES, { tags: jsonOf(argv.tags, '--tags') }, argv),
    )
    .demandCommand(1, 'What of schedules? (see resonate schedules --help)');
}

function createOptions(options: Argv<ClientArguments>) {
  return options.positional('id', ID).options({
    cron: {
      ...textOption('When: "0 * * * *", with seconds in front when there are six fields; in UTC without --timezone'),
      demandOption: true,
    },
    'promise-id': { ...textOption('Id of each promise; {{.timestamp}} and {{.id}} are filled in'), demandOption: true },
    'promise-timeout': { ...textOption('How long each promise may stay pending: 1h'), demandOption: true },
    'promise-param': textOption('Param of each promise: \'{"data": …}\'; data is base64-encoded for you'),
    'promise-tags': textOption('Tags of each promise: \'{"name": "value"}\''),
    timezone: textOption('Time zone that the cron expression is read in: Europe/Berlin'),
    overlap: {
      choices: ['allow', 'skip', 'cancel'] satisfies OverlapPolicy[],
      requiresArg: true,
      describe: 'While the promise of the last run is pending: run beside it, skip, or cancel it',
    },
    'catch-up': {
      choices: ['all', 'last', 'none'] satisfies CatchUpPolicy[],
      requiresArg: true,
      describe: 'Which occurrences of a downtime are made up for',
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
