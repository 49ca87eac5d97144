import { DECLARATIONS, shownValue, type Declaration } from '@resonate/config';
import { format, resolveConfig } from 'prettier';

const INTRODUCTION = `# Configuration

Generated from the declarations in packages/config by \`npm run docs\`; a test fails when it is stale. Change the
declaration, not this page.

An option can be set in four places. A later one wins:

1. the built-in default
2. \`resonate.toml\` in the folder the server is started in
3. the environment variable
4. the command-line flag

\`resonate dev\` keeps everything in memory whatever the file and the environment say about storage and wake-ups; only a
flag changes that.

An unknown key, a value out of bounds or two options that contradict each other end the start with one line on standard
error and [exit code 2](errors.md). So does an option whose feature this version does not have.

Durations are milliseconds (\`15000\`) or text with units (\`15s\`, \`1h30m\`). A list is a repeated flag, text with commas,
or an array in \`resonate.toml\`. A switch may stand alone: \`--debug\`.
`;

/** docs/configuration.md as the declarations want it, formatted like every other file. */
export async function configurationDocs(): Promise<string> {
  const sections = Map.groupBy(DECLARATIONS, ({ path }) => (path.includes('.') ? path.split('.')[0] : ''));
  const text = [...sections].map(([name, options]) => section(name || 'general', options)).join('\n');
  const path = new URL('../docs/configuration.md', import.meta.url);
  return format(`${INTRODUCTION}\n${text}`, { ...(await resolveConfig(path)), parser: 'markdown' });
}

function section(name: string, options: readonly Declaration[]): string {
  return `## ${name}\n\n${options.map(entry).join('\n')}`;
}

function entry({ path, env, flag, alias, option }: Declaration): string {
  const names = [`\`--${flag}\``, `\`${env}\``];
  if (alias) names.push(`also \`--${alias.flag}\`, \`${alias.env}\``);
  const allowed = `- default: ${defaultOf(option)}; allowed: ${option.allowed}${option.secret ? '; never shown' : ''}`;
  return `### \`${path}\`\n\n${option.describe}.\n\n- ${names.join(', ')}\n${allowed}\n`;
}

function defaultOf(option: Declaration['option']): string {
  if (option.default === null) return 'unset';
  const unit = option.kind === 'duration' ? ' ms' : '';
  return `\`${shownValue(option, option.default)}\`${unit}`;
}
