/** Preloaded into a server: prints to standard error each OpenTelemetry module that our own code imports. */
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('@opentelemetry/') && !context.parentURL?.includes('/node_modules/')) {
      process.stderr.write(`loads ${specifier}\n`);
    }
    return next(specifier, context);
  },
});
