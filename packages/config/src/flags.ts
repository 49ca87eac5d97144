import { DECLARATIONS } from './declarations.ts';
import { shownValue } from './mask.ts';

/** One option in the form of yargs' `.options()`. */
export interface Flag {
  /** Always a string, so that the loader parses and checks it and can write the error message. */
  type: 'string';
  group: string;
  describe: string;
  defaultDescription: string;
  alias?: string;
  /** yargs refuses other values, and shells complete these. */
  choices?: readonly string[];
  /** True if help and completion leave it out. */
  hidden?: true;
  /** A switch may be given without a value: `--debug`. */
  requiresArg: boolean;
}

/**
 * The server options by flag name, for yargs. They have no defaults, so every value in `argv` comes from the user.
 * @param isShown whether help shows an option, by its path
 */
export function serverFlags(isShown: (path: string) => boolean = () => true): Record<string, Flag> {
  const flags: Record<string, Flag> = {};
  for (const { path, flag, alias, option } of DECLARATIONS) {
    const unit = option.kind === 'duration' && option.default !== null ? ' ms' : '';
    flags[flag] = {
      type: 'string',
      group: path.includes('.') ? `${path.slice(0, path.indexOf('.'))}:` : 'general:',
      describe: option.describe,
      defaultDescription: shownValue(option, option.default) + unit,
      ...(alias ? { alias: alias.flag } : {}),
      ...(option.choices ? { choices: option.choices } : {}),
      ...(isShown(path) ? {} : { hidden: true as const }),
      requiresArg: option.kind !== 'boolean',
    };
  }
  return flags;
}
