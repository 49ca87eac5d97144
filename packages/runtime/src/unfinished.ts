import type { Config } from '@resonate/config';

/**
 * Options that are declared and whose feature this version does not have. Refusing them at start-up is better than
 * running without what the operator asked for.
 */
const UNFINISHED: readonly { path: string; isSet(config: Config): boolean }[] = [];

/** @returns what to tell the user, null when everything configured is there. */
export function unfinishedOption(config: Config): string | null {
  const found = UNFINISHED.find((option) => option.isSet(config));
  return found ? `${found.path} is set, but this version of the server does not have that feature yet` : null;
}
