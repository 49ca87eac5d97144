import pg from 'pg';
import { errorText } from '../error-text.ts';
import { BatchConflict, ConnectionLost, RequestTooLarge, StoreUnavailable } from '../errors.ts';

/** Serialization failure, deadlock, insert collision, lock not available. */
const CONFLICTS = new Set(['40001', '40P01', '23505', '55P03']);
/** The server became read-only in a failover, or the statement exceeded statement_timeout. */
const UNAVAILABLE = new Set(['25006', '57014']);
/** A limit of Postgres is exceeded. With data of clients this can only be the size of an index entry. */
const TOO_LARGE = '54000';
/** Out of disk, memory or connections. */
const INSUFFICIENT_RESOURCES = '53';

/** Connection failures, shutdowns, and timeouts of idle sessions. */
const ENDS_CONNECTION = /^(?:08|57P0|25P03)/;

/** Whether the server ends the connection after this error. Servers may translate the severity into their language, so the code is checked, too. */
export function endsConnection({ code = '', severity }: pg.DatabaseError): boolean {
  return severity === 'FATAL' || severity === 'PANIC' || ENDS_CONNECTION.test(code);
}

/** What an error of a round trip means to a caller. */
export function toStoreError(error: unknown): Error {
  if (error instanceof ConnectionLost) return error;
  if (!(error instanceof pg.DatabaseError)) return new ConnectionLost(errorText(error));
  if (endsConnection(error)) return new ConnectionLost(error.message);
  const code = error.code ?? '';
  if (code === TOO_LARGE)
    return new RequestTooLarge(`an id, an address or a lineage tag is too long: ${error.message}`);
  if (CONFLICTS.has(code)) return new BatchConflict(error.message);
  if (UNAVAILABLE.has(code) || code.startsWith(INSUFFICIENT_RESOURCES)) return new StoreUnavailable(error.message);
  return error;
}

/** Why no connection could be had. */
export function unreachable(error: unknown): StoreUnavailable {
  return new StoreUnavailable(`cannot connect to Postgres: ${reasonOf(error)}`);
}

/** The text of an error. If a host has several addresses, there is one error for each, and the first is enough. */
export function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return errorText(first);
}
