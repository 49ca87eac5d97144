import { serverFlags, type Flag } from '@resonate/config';
import type { Argv } from 'yargs';

/** The options that a command does not use. It takes them, because all processes may share one configuration. */
const UNUSED: Readonly<Record<string, RegExp>> = {
  api: /^(retention|maintenance)\.|^transports\.(?!http_poll|websocket)\w+\.(?!enabled$)/,
  scheduler: /^(auth|ui)\.|^server\.(?!(bind|shutdown_timeout)$)|^transports\.(?!\w+\.enabled$)/,
  dispatcher:
    /^(auth|ui|retention|maintenance)\.|^server\.(?!(host|port|url|bind|shutdown_timeout)$)|^transports\.(http_poll|websocket)\./,
  migrate: /^(?!storage\.)/,
  retention: /^(?!(storage|retention)\.)/,
};

/** The server's options as flags of a command. Its help shows only those that it uses. */
export function shownFlags(command: string): Record<string, Flag> {
  return serverFlags((path) => UNUSED[command]?.test(path) !== true);
}

/** Says in the help that there are options that it does not show. */
export function withNoteOnOthers<T>(options: Argv<T>, command: string): Argv<T> {
  return command in UNUSED
    ? options.epilog('Other options of the server are accepted and have no effect here (resonate serve --help).')
    : options;
}
