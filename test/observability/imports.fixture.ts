/** Preloaded into a server: says on standard error what OpenTelemetry module our own code is about to load. */
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('@opentelemetry/') && !context.parentURL?.includes('/node_modules/')) {
      process.stderr.write(`loads ${specifier}\n`);
    }
    return next(specifier, context);
  },
});
