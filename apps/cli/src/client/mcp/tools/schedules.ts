import { z } from 'zod';
import { encodeData } from '../../arguments.ts';
import { call, getAdmin } from '../../http.ts';
import { defineTool, page, tags, value, type Register } from '../tool.ts';

const schedule = z.object({ id: z.string().min(1).describe("The schedule's id") });

/** A tool for a request of the protocol whose only argument is an id. */
function byId(name: string, kind: string, description: string): Register {
  return defineTool({
    name,
    description,
    input: schedule,
    run: ({ id }, { server }) => call(kind, { id }, server),
  });
}

/** The tools for schedules. */
export const SCHEDULE_TOOLS: readonly Register[] = [
  defineTool({
    name: 'schedule-create',
    description: 'Create a schedule that creates promises by a cron expression, or get the existing one with this id',
    input: schedule.extend({
      cron: z
        .string()
        .min(1)
        .describe(
          'Cron expression such as "0 2 * * *". Write weekdays by name (MON-FRI). By number they are 1 (Sunday) to 7 ' +
            '(Saturday), but 0 (Sunday) to 6 if the server option schedules.cron is unix',
        ),
      timezone: z.string().optional().describe('Time zone such as Europe/Berlin (default UTC)'),
      promiseId: z.string().min(1).describe('Id of each promise; {{.timestamp}} and {{.id}} are replaced'),
      promiseTimeout: z.int().min(1).describe('Milliseconds until each promise times out'),
      promiseParam: value.optional().describe('Param of each promise'),
      promiseTags: tags.optional().describe('Tags of each promise; resonate:target is the address of the workers'),
    }),
    run: ({ promiseParam, ...input }, { server }) =>
      call('schedule.create', { ...input, promiseParam: encodeData(promiseParam) }, server),
  }),
  byId('schedule-get', 'schedule.get', 'Get a schedule with its next and last run'),
  defineTool({
    name: 'schedule-search',
    description: 'Find schedules by tags, in order of their ids',
    input: z.object({ tags: tags.optional().describe('All of these must match'), ...page }),
    run: (query, { server }) => call('schedule.search', query, server),
  }),
  defineTool({
    name: 'schedule-why',
    description: 'Say when a schedule runs next, or why it does not',
    input: schedule,
    run: ({ id }, { server }) => getAdmin('/admin/schedules/:id/why', { id }, server),
  }),
  byId('schedule-pause', 'schedule.pause', 'Pause a schedule until it is resumed'),
  byId('schedule-resume', 'schedule.resume', 'Resume a paused schedule with its next run after now'),
  byId('schedule-trigger', 'schedule.trigger', 'Start an additional run now, even while the schedule is paused'),
  byId('schedule-delete', 'schedule.delete', 'Delete a schedule; its promises stay'),
];
