import { z } from 'zod';
import { CRON, CRON_QUERY } from './cron.ts';
import * as letters from './dead-letters.ts';
import { CHANGE, EVENTS_QUERY } from './events.ts';
import { text } from './fields.ts';
import * as jobs from './jobs.ts';
import { OVERVIEW } from './overview.ts';
import * as promises from './promises.ts';
import { SESSION } from './session.ts';
import { SCHEDULE_WHY, WHY } from './why.ts';

/**
 * Who may call an endpoint. `prefix`: every token; a token with a prefix sees and changes only ids that begin with it.
 * `admin`: only admin tokens, which have no prefix. If auth is off, everybody may call everything.
 */
type Permission = 'prefix' | 'admin';

export interface Route {
  method: 'GET' | 'POST';
  /** `:id` stands for one percent-encoded segment. */
  path: string;
  summary: string;
  may: Permission;
  params?: z.ZodType;
  query?: z.ZodType;
  body?: z.ZodType;
  answer: z.ZodType;
  /** Statuses of errors, besides 400, 401, 403 and 503. */
  errors?: Readonly<Record<number, string>>;
  /** The answer is an event stream; `answer` is the data of its events. */
  streams?: true;
  /** The answer has an ETag, and the endpoint supports `If-None-Match`. */
  isConditional?: true;
}

const id = z.object({ id: text });

/** Every endpoint below /admin. Server routes, the OpenAPI document and clients are derived from this list. */
export const ROUTES = {
  session: {
    method: 'GET',
    path: '/admin/session',
    summary: 'The rights of the token, and the version and transports of the server',
    may: 'prefix',
    answer: SESSION,
  },
  overview: {
    method: 'GET',
    path: '/admin/overview',
    summary: 'Processes, backlog, workers and the last 15 minutes of the whole cluster',
    may: 'admin',
    answer: OVERVIEW,
  },
  counts: {
    method: 'GET',
    path: '/admin/counts',
    summary: 'How many tasks run and wait, and how many workflows failed',
    may: 'prefix',
    answer: promises.COUNTS,
  },
  promises: {
    method: 'GET',
    path: '/admin/promises',
    summary: 'Promises, newest first',
    may: 'prefix',
    query: promises.PROMISES_QUERY,
    answer: promises.PROMISES,
  },
  promise: {
    method: 'GET',
    path: '/admin/promises/:id',
    summary: 'One promise with its task, the promises that wait for it and its listeners',
    may: 'prefix',
    params: id,
    answer: promises.PROMISE,
    errors: { 404: 'There is no such promise' },
    isConditional: true,
  },
  why: {
    method: 'GET',
    path: '/admin/promises/:id/why',
    summary: 'Why a promise is pending, or how it ended, in one sentence, and what to do',
    may: 'prefix',
    params: id,
    answer: WHY,
    errors: { 404: 'There is no such promise' },
  },
  scheduleWhy: {
    method: 'GET',
    path: '/admin/schedules/:id/why',
    summary: 'When a schedule runs next, or why it does not',
    may: 'prefix',
    params: id,
    answer: SCHEDULE_WHY,
    errors: { 404: 'There is no such schedule' },
  },
  graph: {
    method: 'GET',
    path: '/admin/graph/:id',
    summary: 'The call graph of a root promise',
    may: 'prefix',
    params: id,
    query: promises.GRAPH_QUERY,
    answer: promises.GRAPH,
    errors: { 404: 'There is no such promise' },
    isConditional: true,
  },
  tasks: {
    method: 'GET',
    path: '/admin/tasks',
    summary: 'Tasks, newest promises first',
    may: 'prefix',
    query: promises.TASKS_QUERY,
    answer: promises.TASKS,
  },
  deliverTask: {
    method: 'POST',
    path: '/admin/tasks/:id/deliver',
    summary: 'Delivers the message of a pending task now, without waiting for the next attempt',
    may: 'prefix',
    params: id,
    answer: promises.DELIVERED,
    errors: { 404: 'There is no such task', 409: 'The task is not pending, so it has no waiting message' },
  },
  deadLetters: {
    method: 'GET',
    path: '/admin/dead-letters',
    summary: 'Messages that could not be delivered, oldest first',
    may: 'prefix',
    query: letters.DEAD_LETTERS_QUERY,
    answer: letters.DEAD_LETTERS,
  },
  deadLetter: {
    method: 'GET',
    path: '/admin/dead-letters/:id',
    summary: 'One dead letter',
    may: 'prefix',
    params: letters.DEAD_LETTER_ID,
    answer: letters.ONE_DEAD_LETTER,
    errors: { 404: 'There is no such dead letter' },
  },
  redriveDeadLetters: {
    method: 'POST',
    path: '/admin/dead-letters/redrive',
    summary: 'Sends dead letters again',
    may: 'prefix',
    body: letters.SELECTION,
    answer: letters.REDRIVEN,
  },
  dropDeadLetters: {
    method: 'POST',
    path: '/admin/dead-letters/drop',
    summary: 'Deletes dead letters without sending them',
    may: 'prefix',
    body: letters.SELECTION,
    answer: letters.DROPPED,
  },
  jobs: {
    method: 'GET',
    path: '/admin/jobs',
    summary: 'Maintenance jobs and their last runs',
    may: 'admin',
    answer: jobs.JOBS,
  },
  orderRedrive: {
    method: 'POST',
    path: '/admin/jobs/redrive',
    summary: 'Starts a job of the elected scheduler that sends many dead letters again',
    may: 'prefix',
    body: jobs.REDRIVE,
    answer: jobs.REDRIVE_PROGRESS,
    errors: { 409: 'Another redrive is running' },
  },
  redriveOrder: {
    method: 'GET',
    path: '/admin/jobs/redrive/:id',
    summary: 'The progress of a redrive job',
    may: 'prefix',
    params: id,
    answer: jobs.REDRIVE_PROGRESS,
    errors: { 404: 'There is no such redrive, or a later one has replaced it' },
  },
  cron: {
    method: 'GET',
    path: '/admin/cron',
    summary: 'The next runs of a cron expression',
    may: 'prefix',
    query: CRON_QUERY,
    answer: CRON,
  },
  events: {
    method: 'GET',
    path: '/admin/events',
    summary: 'A stream of events that say when to load the data again',
    may: 'prefix',
    query: EVENTS_QUERY,
    answer: CHANGE,
    streams: true,
  },
} as const satisfies Record<string, Route>;

export type Routes = typeof ROUTES;
export type RouteName = keyof Routes;

type Parsed<Name extends RouteName, Part extends string> =
  Routes[Name] extends Record<Part, infer Schema>
    ? Schema extends z.ZodType
      ? z.output<Schema>
      : undefined
    : undefined;

/** The checked parameters of a request, as its handler gets them. */
export interface RouteInput<Name extends RouteName> {
  params: Parsed<Name, 'params'>;
  query: Parsed<Name, 'query'>;
  body: Parsed<Name, 'body'>;
}

export type RouteAnswer<Name extends RouteName> = z.input<Routes[Name]['answer']>;

/** What a client gets from the endpoints with this method: the answer by path. */
export type Answers<Method extends Route['method']> = {
  [Name in RouteName as Routes[Name] extends { method: Method } ? Routes[Name]['path'] : never]: z.output<
    Routes[Name]['answer']
  >;
};
