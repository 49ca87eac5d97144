import { describe, expect, test } from '@jest/globals';
import { commandLine, withoutShortcuts } from '../../apps/cli/src/cli.ts';
import { COMMANDS } from '../../apps/cli/src/commands.ts';
import { SERVER_ROLES } from '../../apps/cli/src/serve.ts';
import { loadConfig } from '@resonate/config';
import { files, textOf } from './sources.ts';

/** Checks that the program accepts the command lines in the documents. */

interface Line {
  /** `docs/cli.md:12` */
  at: string;
  words: string[];
}

/** Thrown when a valid command line has been parsed, so that the command does not run. */
class Parsed extends Error {
  readonly flags: Readonly<Record<string, unknown>>;

  constructor(flags: Readonly<Record<string, unknown>>) {
    super('parsed');
    this.flags = flags;
  }
}

/** Splits a command line into words as a shell does, without expansions. A comment or an operator ends it. */
function wordsOf(command: string): string[] {
  const words: string[] = [];
  for (const [word] of command.matchAll(/(?:'[^']*'|"(?:\\.|[^"])*"|\\.|[^\s'"\\])+/g)) {
    if (/^(#|[|&;<>]|\d>)/.test(word)) break;
    const ended = word.endsWith(';');
    words.push(
      word.replaceAll(
        /'([^']*)'|"((?:\\.|[^"])*)"|;$/g,
        (_, single?: string, double?: string) => single ?? double ?? '',
      ),
    );
    if (ended) break;
  }
  return words;
}

const BEFORE_IT = /^(\$ |npx |exec |\w+=\S+ |node_modules\/\.bin\/|\.\/)*/;
/** ID, `[--all]`, `get|delete`, `…`: such a line is a pattern for many command lines. */
const IS_PATTERN = /(?<![-\w])[A-Z]{2,}(?![-\w])|\[--|\w\|\w|…|\.\.\./;

/** Each command line in a block of code, and each that is `resonate …` in the text. */
function commandLines(page: string): Line[] {
  const text = textOf(page).replaceAll(/\\\n\s*/g, ' ');
  let isFenced = false;
  return text.split('\n').flatMap((line, index) => {
    if (/^\s*```/.test(line)) isFenced = !isFenced;
    const code =
      isFenced || /^ {4}\S/.test(line) ? [line.trim()] : [...line.matchAll(/`([^`]+)`/g)].map(([, c]) => c ?? '');
    return code
      .map((one) => one.replace(BEFORE_IT, ''))
      .filter((one) => /^resonate [a-z-]/.test(one) && !IS_PATTERN.test(one.replaceAll(/'[^']*'/g, '')))
      .map((one) => ({ at: `${page}:${index + 1}`, words: wordsOf(one).slice(1) }));
  });
}

/** The errors about missing arguments, which are fine where the text only names a command. */
const LEAVES_OUT = /^(Not enough non-option arguments|Missing required (sub)?(argument|command))/;

/** Parses a command line without running the command. @returns null for help and the version. @throws if it is wrong. */
async function flagsOf(words: string[]): Promise<Readonly<Record<string, unknown>> | null> {
  const cli = await commandLine(words);
  cli
    .exitProcess(false)
    .fail(false)
    .middleware((flags) => {
      throw new Parsed(flags);
    });
  try {
    // With a callback, help and version are not printed.
    await cli.parseAsync(withoutShortcuts(words), {}, () => {});
    return null;
  } catch (error) {
    if (error instanceof Parsed) return error.flags;
    throw error;
  }
}

/** @returns what is wrong with it; null if the program accepts it. */
async function complaint(words: string[]): Promise<string | null> {
  try {
    await flagsOf(words);
    return null;
  } catch (error) {
    const { message } = error as Error;
    const isOnlyNamed = words.every((word) => /^(--)?[a-z][a-z-]*$/.test(word));
    return isOnlyNamed && LEAVES_OUT.test(message) ? null : message;
  }
}

describe('command lines in the documents', () => {
  const lines = files(/\.md$/).flatMap(commandLines);

  test('are found', () => {
    expect(lines.length).toBeGreaterThan(20);
  });

  test('are accepted by the program', async () => {
    const wrong: string[] = [];
    for (const { at, words } of lines) {
      const why = await complaint(words);
      if (why !== null) wrong.push(`${at}: resonate ${words.join(' ')}: ${why}`);
    }
    expect(wrong).toEqual([]);
  });
});

test('a page with commands to type says how to run `resonate`', () => {
  const silent = files(/^docs\/[a-z-]+\.md$/).filter((page) => {
    const text = textOf(page);
    return page !== 'docs/cli.md' && /^ {4}(\$ )?resonate [a-z]/m.test(text) && !text.includes('](cli.md#run-it)');
  });
  expect(silent).toEqual([]);
});

test('the program accepts the examples in help texts', async () => {
  const lines = COMMANDS.flatMap(({ examples }) => examples.map(([line]) => line));
  expect(lines.length).toBeGreaterThanOrEqual(COMMANDS.length);
  for (const line of lines) {
    expect({ line, why: await complaint(wordsOf(line).slice(1)) }).toEqual({ line, why: null });
  }
});

test('servers accept the options in examples of help texts', async () => {
  const lines = COMMANDS.filter(({ names }) => names[0] in SERVER_ROLES).flatMap(({ examples }) => examples);
  expect(lines.length).toBeGreaterThanOrEqual(Object.keys(SERVER_ROLES).length);
  for (const [line] of lines) {
    const words = wordsOf(line).slice(1);
    const flags = (await flagsOf(words)) ?? {};
    expect(() => loadConfig({ flags, command: words[0] })).not.toThrow();
  }
});

/** The help of a command, without line breaks inside its lines. */
async function helpOf(...words: string[]): Promise<string> {
  const args = [...words, '--help'];
  const cli = await commandLine(args);
  cli.exitProcess(false).wrap(null);
  return new Promise((resolve) => {
    void cli.parseAsync(args, {}, (_error, _argv, output) => resolve(output));
  });
}

test.each(['promises', 'tasks', 'schedules', 'dead-letters'])(
  'the help of every subcommand of %s has examples that the program accepts',
  async (group) => {
    const subcommands = [...(await helpOf(group)).matchAll(/^ {2}resonate \S+ ([a-z-]+) .*$/gm)].map(
      ([, name = '']) => name,
    );
    expect(new Set(subcommands).size).toBeGreaterThan(3);
    for (const name of new Set(subcommands)) {
      const [, examples = ''] = (await helpOf(group, name)).split('\nExamples:\n');
      const lines = [...examples.matchAll(/^ {2}(\S.*?)(?: {2,}.*)?$/gm)].map(([, line = '']) => line);
      expect({ name, lines }).toEqual({ name, lines: expect.arrayContaining([expect.any(String)]) });
      for (const line of lines) {
        expect(line.startsWith(`resonate ${group} ${name}`)).toBe(true);
        expect({ line, why: await complaint(wordsOf(line).slice(1)) }).toEqual({ line, why: null });
      }
    }
  },
);
