import { span } from '@resonate/admin/words';
import {
  weekdayHint,
  type CatchUpPolicy,
  type CronDialect,
  type OverlapPolicy,
  type ScheduleRecord,
} from '@resonate/protocol';
import type { Argv } from 'yargs';
import { SUBCOMMAND_MISSING } from '../exit-with-error.ts';
import { fieldTable } from './answer.ts';
import {
  choiceOption,
  clientOptions,
  durationMs,
  jsonOf,
  textOption,
  valueOf,
  type ClientArguments,
} from './arguments.ts';
import { call, ClientError } from './http.ts';
import { idCommand } from './id-command.ts';
import { instant, printable, show, wantsTable, type Table } from './output.ts';
import { pageOptions, search, searchOf, type Search } from './search.ts';
import { showWhy } from './why.ts';

/** How many next runs are shown for a new schedule. */
const SHOWN_RUNS = 3;

const ID = { type: 'string', describe: "The schedule's id", demandOption: true } as const;
const SAMPLE = { ...ID, sample: 'nightly' };

/** `resonate schedules …` */
export function builder(schedules: Argv): unknown {
  return clientOptions(schedules)
    .command(idCommand('schedule', 'get', 'Show a schedule', SAMPLE))
    .command(
      'why <id>',
      'Say when a schedule runs next, or why it does not',
      (options) => options.positional('id', ID).example('resonate schedules why nightly', ''),
      ({ id, ...options }) => showWhy('schedules', id, options),
    )
    .command('create <id>', 'Create a schedule, or show the existing one with this id', createOptions, (argv) =>
      write('schedule.create', { id: argv.id, ...definitionOf(argv) }, argv),
    )
    .command('update <id>', 'Change a schedule; options that you leave out keep their values', updateOptions, update)
    .command(idCommand('schedule', 'delete', 'Delete a schedule; its promises stay', SAMPLE))
    .command(idCommand('schedule', 'pause', 'Pause a schedule until it is resumed', SAMPLE))
    .command(idCommand('schedule', 'resume', 'Resume a paused schedule with its next run after now', SAMPLE))
    .command(idCommand('schedule', 'trigger', 'Start an additional run now, even while paused', SAMPLE))
    .command(
      'preview <id>',
      'Show the next runs',
      (options) =>
        options
          .positional('id', ID)
          .option('limit', { type: 'number', requiresArg: true, describe: 'Number of runs, at most 100 (default 10)' })
          .example('resonate schedules preview nightly --limit 3', ''),
      (argv) => preview(argv),
    )
    .command(
      'search',
      'List schedules, in order of id',
      (options) =>
        pageOptions(
          options.option('tags', textOption('Tags that must all match: \'{"name": "value"}\'')),
          SCHEDULES,
        ).example('resonate schedules search --all', ''),
      (argv) => search(SCHEDULES, { tags: jsonOf(argv.tags, '--tags') }, argv),
    )
    .demandCommand(1, SUBCOMMAND_MISSING);
}

const CREATE_EXAMPLE = `resonate schedules create nightly --cron '30 2 * * *' --timezone Europe/Berlin --promise-id '{{.id}}.{{.timestamp}}' --promise-timeout 1h --promise-tags '{"resonate:target": "poll://any@default"}'`;

/** What a schedule consists of. All of it is optional here: `create` demands some, `update` at least one. */
const DEFINITION = {
  cron: textOption('Cron expression, such as "0 * * * *"; six fields start with seconds; UTC without --timezone'),
  'cron-dialect': choiceOption<CronDialect>(
    ['resonate', 'unix'],
    'Weekdays by number: resonate counts from 1 (Sunday), unix from 0; default: schedules.cron of the server',
  ),
  'promise-id': textOption('Id of each promise; {{.timestamp}} and {{.id}} are replaced'),
  'promise-timeout': textOption('Time until each promise times out: 1h'),
  'promise-param': textOption('Param of each promise: \'{"data": …}\'; the command base64-encodes data'),
  'promise-tags': textOption('Tags of each promise: \'{"name": "value"}\''),
  timezone: textOption('Time zone of the cron expression: Europe/Berlin'),
  overlap: choiceOption<OverlapPolicy>(
    ['allow', 'skip', 'cancel'],
    'If the last run is still pending: start the new run too, skip it, or cancel the last run',
  ),
  'catch-up': choiceOption<CatchUpPolicy>(
    ['all', 'last', 'none'],
    'Which runs that were missed during a downtime are started late',
  ),
} as const;

function createOptions(options: Argv<ClientArguments>) {
  return options
    .positional('id', ID)
    .example(CREATE_EXAMPLE, 'Every night')
    .options(DEFINITION)
    .demandOption(['cron', 'promise-id', 'promise-timeout']);
}

function updateOptions(options: Argv<ClientArguments>) {
  return options
    .positional('id', ID)
    .example(`resonate schedules update nightly --cron '0 4 * * *'`, 'Runs at 4 instead')
    .options(DEFINITION)
    .check((argv) => {
      const names = Object.keys(DEFINITION);
      if (names.some((name) => argv[name] !== undefined)) return true;
      throw new Error(`nothing to change: give at least one of --${names.join(', --')}`);
    });
}

type DefinitionArguments = { [Name in keyof typeof DEFINITION]?: string | undefined };

/** The fields of a request that were given. */
function definitionOf(argv: DefinitionArguments) {
  const timeout = argv['promise-timeout'];
  const given = {
    cron: argv.cron,
    promiseId: argv['promise-id'],
    promiseTimeout: timeout === undefined ? undefined : durationMs(timeout, '--promise-timeout'),
    promiseParam: valueOf(argv['promise-param'], '--promise-param'),
    promiseTags: jsonOf(argv['promise-tags'], '--promise-tags'),
    timezone: argv.timezone,
    overlap: argv.overlap,
    catchUp: argv['catch-up'],
    cronDialect: argv['cron-dialect'],
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** `schedule.update` replaces the whole definition, so the request repeats what stays. */
async function update(argv: ClientArguments & DefinitionArguments & { id: string }): Promise<void> {
  const { id } = argv;
  const given = definitionOf(argv);
  const { schedule } = await call<{ schedule: ScheduleRecord }>('schedule.get', { id }, argv);
  // A record without a dialect has `resonate`. A request without one would get that of the option `schedules.cron`.
  const { cron, cronDialect = 'resonate', timezone, overlap, catchUp } = schedule;
  const { promiseId, promiseTimeout, promiseParam, promiseTags } = schedule;
  const known = { cron, cronDialect, timezone, overlap, catchUp, promiseId, promiseTimeout, promiseParam, promiseTags };
  await write('schedule.update', { id, ...known, ...given }, argv);
}

/** Sends a definition. On a terminal also shows its next runs, and how a weekday given as a number was read. */
async function write(
  kind: 'schedule.create' | 'schedule.update',
  data: object & { id: string },
  options: ClientArguments,
): Promise<void> {
  const written = await call<{ schedule: ScheduleRecord }>(kind, data, options);
  const { cron, cronDialect } = written.schedule;
  const runs = wantsTable(options) ? await nextRuns(data.id, options) : [];
  show(written, options, () => {
    const { rows, ...table } = fieldTable({ ...written });
    return { ...table, rows: [...rows, ...runs.map((at) => ['next run', dayAndTime(at)])] };
  });
  const hint = weekdayHint(cron, cronDialect);
  if (hint !== null) process.stderr.write(`${printable(hint)}\n`);
}

/**
 * The next runs, epoch ms. Empty if the server does not support `schedule.preview`, which the public server does not
 * have.
 */
async function nextRuns(id: string, options: ClientArguments): Promise<number[]> {
  try {
    return (await call<{ runs: number[] }>('schedule.preview', { id, limit: SHOWN_RUNS }, options)).runs;
  } catch (error) {
    if (error instanceof ClientError) return [];
    throw error;
  }
}

async function preview({ id, limit, ...options }: ClientArguments & { id: string; limit: number | undefined }) {
  const { runs } = await call<{ runs: number[] }>('schedule.preview', { id, limit }, options);
  show({ runs }, options, () => ({ columns: ['NEXT RUNS'], rows: runs.map((at) => [dayAndTime(at)]) }));
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** `Mon 2026-01-05 09:00:00Z`. @param at epoch ms */
function dayAndTime(at: number): string {
  return `${WEEKDAYS[new Date(at).getUTCDay()] ?? ''} ${instant(at)}`;
}

const SCHEDULES: Search<ScheduleRecord> = {
  load: searchOf('schedule.search'),
  list: 'schedules',
  pageSize: 10,
  table: scheduleTable,
};

function scheduleTable(schedules: readonly ScheduleRecord[]): Table {
  return {
    columns: ['ID', 'CRON', 'NEXT RUN', 'LAST RUN', 'PROMISE', 'TIMEOUT', 'FAULT'],
    rows: schedules.map(({ id, cron, nextRunAt, lastRunAt, promiseId, promiseTimeout, pausedAt, fault }) => [
      ...[id, cron, pausedAt === undefined ? instant(nextRunAt) : 'paused', instant(lastRunAt), promiseId],
      span(promiseTimeout),
      fault,
    ]),
  };
}
