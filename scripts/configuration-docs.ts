import { DECLARATIONS, shownValue, type Declaration } from '@resonate/config';
import { formatted } from './formatted.ts';

const INTRODUCTION = `# Configuration

This page is generated from the declarations in packages/config by \`npm run docs\`. A test fails if it is out of date. Change
the declarations, not this page.

The value of an option can come from four places. A later one wins:

1. the built-in default
2. \`resonate.toml\` in the directory in which you start the server
3. the environment variable
4. the command-line flag

\`resonate dev\` keeps everything in memory. It ignores what the file and the environment say about storage and wake-ups; only
flags change that.

The server does not start if a key is unknown, a value is out of bounds, two options contradict each other, or this version
does not have the option's feature. It then prints one line to standard error and ends with [exit code 2](errors.md).

Durations are milliseconds (\`15000\`) or text with units (\`15s\`, \`1h30m\`). A list is a repeated flag, text with commas,
or an array in \`resonate.toml\`. A flag that is true or false needs no value: \`--debug\`.
`;

/** The text of docs/configuration.md, generated from the declarations and formatted. */
export async function configurationDocs(): Promise<string> {
  const sections = Map.groupBy(DECLARATIONS, ({ path }) => (path.includes('.') ? path.split('.')[0] : ''));
  const text = [...sections].map(([name, options]) => section(name || 'general', options)).join('\n');
  return formatted('configuration.md', `${INTRODUCTION}\n${text}`);
}

function section(name: string, options: readonly Declaration[]): string {
  return `## ${name}\n\n${options.map(entry).join('\n')}`;
}

function entry({ path, env, flag, alias, option }: Declaration): string {
  const names = [`\`--${flag}\``, `\`${env}\``];
  if (alias) names.push(`also \`--${alias.flag}\`, \`${alias.env}\``);
  const allowed = `- default: ${defaultOf(option)}; allowed: ${escaped(option.allowed)}${option.secret ? '; never shown' : ''}`;
  return `### \`${path}\`\n\n${escaped(option.describe)}.\n\n- ${names.join(', ')}\n${allowed}\n`;
}

/** Escapes asterisks, because two of them in a text would mean emphasis. */
function escaped(text: string): string {
  return text.replaceAll('*', '\\*');
}

function defaultOf(option: Declaration['option']): string {
  if (option.default === null) return 'unset';
  const unit = option.kind === 'duration' ? ' ms' : '';
  return `\`${shownValue(option, option.default)}\`${unit}`;
}
