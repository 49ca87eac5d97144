export { openApi } from './openapi.ts';
export { ROUTES } from './routes.ts';
export type { Answers, Route, RouteAnswer, RouteInput, RouteName } from './routes.ts';
export { SERIES_POINTS, SERIES_STEP_MS } from './overview.ts';
export type { Overview, ProcessInfo, SeriesPoint, StreamCount, TransportBacklog } from './overview.ts';
export { MAX_EDGES } from './promises.ts';
export type {
  Counts,
  Graph,
  GraphNode,
  PromiseDetail,
  Promises,
  PromisesQuery,
  PromiseSummary,
  Task,
  Tasks,
  TaskSummary,
} from './promises.ts';
export type { DeadLetter, DeadLetters, Selection } from './dead-letters.ts';
export type { Jobs, RedriveProgress } from './jobs.ts';
export type { Change } from './events.ts';
export { MAX_HOPS, type Cause, type ScheduleWhy, type Why } from './why.ts';
export type { Session } from './session.ts';
