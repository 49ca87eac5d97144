import { runtimeForTests } from '@resonate/process/runtime-for-tests';
import { StreamHub } from '@resonate/transports';
import { AdminApi } from '../../apps/api/src/admin/admin.ts';
import { AllowedOrigins } from '../../apps/api/src/limits/allowed-origins.ts';
import { Bodies } from '../../apps/api/src/http/bodies.ts';
import { Cors } from '../../apps/api/src/http/cors.ts';
import { createRoutes } from '../../apps/api/src/http/routes.ts';

interface Layer {
  route?: { path: string | RegExp };
  handle?: { stack?: Layer[] };
}

/** The paths of all routes of the api, as Express has them, without those below /admin (except its OpenAPI document). */
export async function apiPaths(): Promise<string[]> {
  const runtime = await runtimeForTests();
  const admin = new AdminApi(runtime, null).routes({ bodies: new Bodies(runtime.config.server), answered: () => {} });
  const app = createRoutes(
    runtime,
    new StreamHub({ maxStreams: 1, bufferSize: 1, bufferBytes: 1_000_000, totalBufferBytes: 10_000_000 }),
    new Cors(new AllowedOrigins([])),
    null,
    admin,
  );
  await runtime.store.close();
  const paths = (layers: readonly Layer[]): string[] =>
    layers.flatMap(({ route, handle }) => (route ? [String(route.path)] : paths(handle?.stack ?? [])));
  // The type declarations of Express do not contain its layers.
  const { stack } = app.router as unknown as { stack: Layer[] };
  return [...new Set(paths(stack))].filter((path) => !/^\/admin\/(?!openapi)/.test(path)).sort();
}
