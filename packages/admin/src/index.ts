export { openApi } from './openapi.ts';
export { ROUTES, type Permission, type Route, type RouteAnswer, type RouteInput, type RouteName } from './routes.ts';
export { SERIES_POINTS, SERIES_STEP_MS } from './overview.ts';
export type { Overview, ProcessInfo, SeriesPoint, StreamCount, TransportBacklog } from './overview.ts';
export { MAX_EDGES } from './promises.ts';
export type {
  Counts,
  Delivered,
  Graph,
  GraphNode,
  GraphQuery,
  PromiseDetail,
  Promises,
  PromisesQuery,
  PromiseSummary,
  Task,
  Tasks,
  TasksQuery,
  TaskSummary,
} from './promises.ts';
export type { DeadLetter, DeadLetters, DeadLettersQuery, Dropped, Redriven, Selection } from './dead-letters.ts';
export type { CronMeaning } from './cron.ts';
export type { Jobs, RedriveOrder } from './jobs.ts';
export type { Change, EventsQuery, Fault } from './events.ts';
export { MAX_HOPS, type Cause, type ScheduleWhy, type Why } from './why.ts';
export type { Session } from './session.ts';
