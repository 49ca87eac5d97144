import { effectiveOptions } from '@resonate/config';
import type { Argv } from 'yargs';
import { show, type Table } from './output.ts';
import { configurationOf, configurationOptions, type ConfigurationArguments } from './server-configuration.ts';

export const builder = (command: Argv) => configurationOptions(command, 'config');

interface Setting {
  option: string;
  /** Null if unset. Secrets are masked. */
  value: unknown;
  /** `default`, or the place where it is set. */
  from: string;
}

/** `resonate config`: every option of the server, its value and its source. */
export async function handler(argv: ConfigurationArguments): Promise<void> {
  const settings = effectiveOptions(configurationOf(argv)).map(({ declaration, shown, origin }): Setting => {
    return { option: declaration.path, value: valueOf(shown), from: origin.name ?? origin.layer };
  });
  show({ options: settings }, argv, settingTable);
}

/** Shown values are JSON, except unset and masked ones. */
function valueOf(shown: string): unknown {
  if (shown === 'unset') return null;
  try {
    return JSON.parse(shown);
  } catch {
    return shown;
  }
}

function settingTable({ options }: { options: Setting[] }): Table {
  return {
    columns: ['OPTION', 'VALUE', 'FROM'],
    rows: options.map(({ option, value, from }) => [option, value === null ? '' : textOf(value), from]),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
