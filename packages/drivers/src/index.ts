export { errorText } from './error-text.ts';
export { BatchConflict, ConnectionLost, OutcomeUnknown, RequestTooLarge, StoreUnavailable } from './errors.ts';
export { ServerConnections, ServerSession, type Pool, type Rows, type Traffic } from './server.ts';
export type { SqlValue } from './sql-value.ts';
