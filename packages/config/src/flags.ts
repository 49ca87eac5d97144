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
  /** A switch may be given without a value: `--debug`. */
  requiresArg: boolean;
}

/** The server options by flag name, for yargs. They have no defaults, so every value in `argv` comes from the user. */
export function serverFlags(): Record<string, Flag> {
  const flags: Record<string, Flag> = {};
  for (const { path, flag, alias, option } of DECLARATIONS) {
    const choices = option.choices ? ` (${option.choices.join(', ')})` : '';
    const unit = option.kind === 'duration' && option.default !== null ? ' ms' : '';
    flags[flag] = {
      type: 'string',
      group: path.includes('.') ? `${path.slice(0, path.indexOf('.'))}:` : 'general:',
      describe: option.describe + choices,
      defaultDescription: shownValue(option, option.default) + unit,
      ...(alias ? { alias: alias.flag } : {}),
      requiresArg: option.kind !== 'boolean',
    };
  }
  return flags;
}
