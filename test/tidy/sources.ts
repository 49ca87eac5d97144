import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** Every file of the project by its path from the root, including files that are not committed yet. */
export const FILES: readonly string[] = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard'],
  {
    cwd: ROOT,
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(ROOT, file)));

const BINARY = /\.(png|ico|woff2?|gz|db)$/;

export function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

export function jsonOf<T>(file: string): T {
  return JSON.parse(textOf(file)) as T;
}

/** The files whose path matches, text files only. */
export function files(path: RegExp): string[] {
  return FILES.filter((file) => path.test(file) && !BINARY.test(file));
}

/** Tests, and what only tests import. */
export function isTest(file: string): boolean {
  return /\.(test|fixture)\.ts$|(^|\/)(test|conformance)\/|^packages\/testkit\//.test(file);
}

const COMMENT = /\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*$/gm;

/** The file with blanks instead of comments, so that prose breaks no rule. Line numbers stay the same. */
export function codeOf(file: string): string {
  return textOf(file).replaceAll(COMMENT, (text) => text.replaceAll(/[^\n]/g, ' '));
}

/** The comments of a file, line by line. */
export function commentsOf(file: string): { file: string; line: number; text: string }[] {
  const code = textOf(file);
  return [...code.matchAll(COMMENT)].flatMap((match) => {
    const first = code.slice(0, match.index).split('\n').length;
    return match[0].split('\n').map((text, index) => ({ file, line: first + index, text }));
  });
}

/** `file:line: the text of the line` for each line of `text` that matches. */
export function matches(file: string, text: string, pattern: RegExp): string[] {
  return text
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim().slice(0, 120)}`] : []));
}

export interface Import {
  file: string;
  line: number;
  /** As written: `@resonate/store`, `node:fs`, `./sources.ts`. */
  name: string;
}

const IMPORT = /(?:\bfrom\s+|\bimport\s+|\bimport\(\s*)(['"])([^'"]+)\1/g;

export function importsOf(file: string): Import[] {
  const code = codeOf(file);
  return [...code.matchAll(IMPORT)].map((match) => ({
    file,
    line: code.slice(0, match.index).split('\n').length,
    name: match[2] ?? '',
  }));
}

/** `a/b` of `a/b/c`, `@a/b` of `@a/b/c`; null for what belongs to Node or is a file. */
export function packageName(name: string): string | null {
  if (name.startsWith('.') || name.startsWith('node:')) return null;
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}
