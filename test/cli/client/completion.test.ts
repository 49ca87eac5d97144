import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { runCommand } from '../../processes/run-command.ts';
import { RESONATE } from '../../processes/server-process.ts';

/** Far longer than needed, because machines that run tests are busy. */
jest.setTimeout(180_000);

let directory: string;

/** A folder with `resonate`, which is put on the PATH, and with the completion scripts as files. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'resonate-completion-'));
  await symlink(RESONATE, join(directory, 'resonate'));
  await Promise.all(
    Object.keys(SHELLS).map(async (shell) => {
      await writeFile(join(directory, shell), (await runCommand(RESONATE, ['completion', shell])).stdout);
    }),
  );
});

afterAll(() => rm(directory, { recursive: true, force: true }));

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ');

/** How to run each shell, and a script that prints what the shell offers for the last word, one line for each. */
const SHELLS: Record<string, { args: string[]; script(words: string[]): string }> = {
  bash: {
    args: ['--norc', '-c'],
    script: (words) =>
      `source ./bash; COMP_WORDS=(${quoted(words)}); COMP_CWORD=${words.length - 1}; _resonate; printf '%s\\n' "\${COMPREPLY[@]}"`,
  },
  zsh: {
    args: ['-f', '-c'],
    // These functions replace those of zsh. They print the words that zsh would offer.
    script: (words) =>
      `compdef() { :; }; _describe() { print -l -- "\${(@P)2}"; }; _files() { :; }; source ./zsh; words=(${quoted(words)}); CURRENT=${words.length}; _resonate`,
  },
  fish: {
    args: ['--no-config', '-c'],
    script: (words) => `source ./fish; complete -C '${words.join(' ')}'`,
  },
};

async function offered(shell: string, words: string[]): Promise<string[]> {
  const { args, script } = SHELLS[shell]!;
  const env = { PATH: `${directory}${delimiter}${process.env['PATH'] ?? ''}` };
  const { stdout, stderr } = await runCommand(shell, [...args, script(['resonate', ...words])], {
    cwd: directory,
    env,
  });
  expect(stderr).toBe('');
  return stdout.split('\n').map((line) => line.replace(/(?<!\\)[:\t].*/, ''));
}

describe.each(Object.keys(SHELLS))('%s completes', (shell) => {
  test.each<[what: string, words: string[], expected: string[]]>([
    ['commands', [''], ['serve', 'promises', 'invoke', 'doctor', 'completion']],
    ['subcommands', ['promises', ''], ['get', 'create', 'search']],
    ['options', ['promises', 'search', '--'], ['--all', '--state', '--server']],
    ['a shell', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['states', ['tasks', 'search', '--state', ''], ['pending', 'acquired', 'suspended', 'halted', 'fulfilled']],
    ['formats', ['cluster', '--output', ''], ['table', 'json']],
    ['options of a server', ['serve', '--storage'], ['--storage-type']],
    ['choices of a server', ['serve', '--storage-type', ''], ['sqlite', 'postgres', 'mysql']],
    ['a choice whose first letters were typed', ['serve', '--storage-type', 'po'], ['postgres']],
  ])('%s', async (_what, words, expected) => {
    expect(await offered(shell, words)).toEqual(expect.arrayContaining(expected));
  });

  test('only the allowed values, if an option has a fixed list of them', async () => {
    const values = await offered(shell, ['dead-letters', 'list', '--transport', '']);
    expect(values.filter(Boolean).sort()).toEqual(['bash', 'gcps', 'http', 'kafka', 'poll', 'sqs']);
  });
});

test.each([
  ['/usr/bin/fish', 'complete -c resonate'],
  ['/bin/zsh', '#compdef resonate'],
  ['/bin/sh', 'complete -o bashdefault'],
])('without a name it prints the script of the shell that is used: %s', async (shell, text) => {
  const { code, stdout } = await runCommand(RESONATE, ['completion'], { env: { SHELL: shell } });
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(text) });
});
