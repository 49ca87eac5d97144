import { createHash } from 'node:crypto';
import { ROUTES, type Route, type RouteAnswer, type RouteInput, type RouteName } from '@resonate/admin';
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Auth } from '../auth/auth.ts';
import { mayDoAll } from '../auth/principal.ts';
import { guard, prefixOfRequest } from '../http/guard.ts';
import { jsonBody } from '../http/json-body.ts';
import type { MemoryLimits } from '../http/bodies.ts';
import { Refusal } from '../http/refusal.ts';

/** The sender of a request. */
export interface Caller {
  /** The prefix of the ids that the sender may see and change; '' for all ids. */
  prefix: string;
  request: Request;
  response: Response;
}

/** Longer than any valid body. The longest one names 1,000 dead letters. */
const MAX_BODY_BYTES = 64 * 1024;

type StreamName = { [Name in RouteName]: (typeof ROUTES)[Name] extends { streams: true } ? Name : never }[RouteName];

/** One handler per endpoint. Its input has been validated. Handlers of streams write their answer themselves. */
export type Handlers = {
  [Name in RouteName]: (
    input: RouteInput<Name>,
    caller: Caller,
  ) => Name extends StreamName ? void : Promise<RouteAnswer<Name>>;
};

type AnyHandler = (input: object, caller: Caller) => Promise<object> | void;

/** Mounts every endpoint of packages/admin. @param auth null: auth is off, and everybody may do everything. */
export function mount(handlers: Handlers, auth: Auth | null, { bodies, answered }: MemoryLimits): Router {
  const router = Router();
  const readBody = jsonBody(bodies, MAX_BODY_BYTES);
  // Mount paths with fixed segments before paths with parameters, so that `redrive` in /dead-letters/redrive is not
  // read as an id.
  const names = (Object.keys(ROUTES) as RouteName[]).sort(
    (one, other) => ROUTES[one].path.split(':').length - ROUTES[other].path.split(':').length,
  );
  for (const name of names) {
    const route: Route = ROUTES[name];
    const handler = handlers[name] as AnyHandler;
    const guards = [guardOf(route, auth), ...(route.body ? [readBody] : [])];
    const method = route.method === 'GET' ? ('get' as const) : ('post' as const);
    router[method](route.path, ...guards, async (request, response) => {
      if (route.streams && request.method === 'HEAD') {
        // Express handles HEAD with this route, too. A stream without a body would never end.
        response.type('text/event-stream').end();
        return;
      }
      const input = checked(route, request);
      const answer = await handler(input, { prefix: prefixOfRequest(request), request, response });
      if (answer) answered(response, send(route, request, response, answer));
    });
  }
  return router;
}

function guardOf({ may }: Route, auth: Auth | null) {
  if (may === 'prefix') return guard(auth, ({ prefix }) => prefix !== null);
  return guard(auth, mayDoAll, 'This needs an admin token, because it concerns the whole cluster');
}

/** Validates the input. @throws Refusal that lists all validation errors. */
function checked({ params, query, body }: Route, request: Request): object {
  const parts: [string, z.ZodType | undefined, unknown][] = [
    ['params', params, request.params],
    ['query', query, request.query],
    ['body', body, request.body ?? {}],
  ];
  const errors: string[] = [];
  const input = parts.map(([part, schema, given]) => {
    const result = schema?.safeParse(given);
    if (result && !result.success) errors.push(...result.error.issues.map(issueText));
    return [part, result?.data] as const;
  });
  if (errors.length > 0) throw new Refusal(400, `Invalid request: ${errors.join('; ')}`);
  return Object.fromEntries(input);
}

function issueText({ path, message }: z.core.$ZodIssue): string {
  return path.length > 0 ? `${path.join('.')}: ${message}` : message;
}

/** @returns how many bytes the answer has. */
function send({ isConditional }: Route, request: Request, response: Response, answer: object): number {
  const body = Buffer.from(JSON.stringify(answer));
  if (isConditional) {
    const etag = `"${createHash('sha1')
      // Leave out `now`, which differs in every answer even if the content is the same.
      .update('now' in answer ? JSON.stringify({ ...answer, now: 0 }) : body)
      .digest('base64url')}"`;
    response.set('etag', etag);
    if (request.headers['if-none-match'] === etag) {
      response.status(304).end();
      return 0;
    }
  }
  response.type('json').send(body);
  return body.length;
}
