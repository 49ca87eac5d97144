import { z } from 'zod';
import { ERROR_BODY } from './events.ts';
import { ROUTES, type Route } from './routes.ts';

type Json = Record<string, unknown>;

const USUAL_ERRORS: Readonly<Record<number, string>> = {
  400: 'The request is not valid; the message says what is wrong',
  401: 'The token is missing or invalid',
  403: 'The token does not allow this request',
  503: 'The database cannot be reached; retry',
};

/** OpenAPI 3.1 of every endpoint below /admin: docs/openapi.json, and the answer to /admin/openapi.json. */
export function openApi(): Json {
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries(ROUTES) as [string, Route][]) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(name, route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Resonate admin API',
      version: '1',
      description: 'The API for operators, used by the dashboard and the command line. Times are epoch ms.',
    },
    security: [{ bearer: [] }, {}],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Error: schemaOf(ERROR_BODY, 'output') },
    },
  };
}

function operation(operationId: string, route: Route): Json {
  const { summary, may, params, query, body, answer, streams, isConditional, errors = {} } = route;
  const who =
    may === 'admin'
      ? 'Only for tokens without restrictions.'
      : 'A token with a prefix sees and changes only ids that begin with it.';
  const parameters = [
    ...(params ? parametersOf(params, 'path') : []),
    ...(query ? parametersOf(query, 'query') : []),
    ...(isConditional ? [{ name: 'If-None-Match', in: 'header', schema: { type: 'string' } }] : []),
  ];
  const type = streams ? 'text/event-stream' : 'application/json';
  return {
    operationId,
    summary,
    description: who,
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input') } } },
    }),
    responses: {
      200: {
        description: streams ? 'Events named `change`, with this data' : 'Done',
        content: { [type]: { schema: schemaOf(answer, 'output') } },
      },
      ...(isConditional && { 304: { description: 'The answer has not changed' } }),
      ...Object.fromEntries(
        Object.entries({ ...USUAL_ERRORS, ...errors }).map(([status, text]) => [status, errorAnswer(text)]),
      ),
    },
  };
}

function errorAnswer(description: string): Json {
  return { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } };
}

function parametersOf(schema: z.ZodType, place: 'path' | 'query'): Json[] {
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description !== undefined && { description }),
    schema: property,
  }));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const json: Json = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  delete json.$schema;
  return json;
}
