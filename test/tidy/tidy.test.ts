import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { READS, WRITES } from '@resonate/machine';
import { REQUESTS } from '@resonate/protocol';
import { completeLockfile, readLockfile } from '../../scripts/lockfile.ts';
import { codeOf, FILES, files, importsOf, isTest, matches, ROOT, textOf } from './sources.ts';

/** Rules about the project's own files that no linter knows. Each failure names file and line. */

const KINDS = Object.keys(REQUESTS);

/** `promise.register_callback` -> `promise/register-callback.ts` */
function operationFile(kind: string): string {
  return `${kind.replace('.', '/').replaceAll('_', '-')}.ts`;
}

describe('source files', () => {
  test('have at most 400 lines', () => {
    const long = files(/^(apps|packages)\/[^/]+\/src\//)
      .map((file) => ({ file, lines: textOf(file).split('\n').length - 1 }))
      .filter(({ lines }) => lines > 400);
    expect(long.map(({ file, lines }) => `${file}:400: has ${lines} lines`)).toEqual([]);
  });

  test('have specific names, not names such as helpers, utils or common', () => {
    const vague = /(^|[-.])(managers?|helpers?|utils?|utilities|common|misc)([-.]|$)/i;
    expect(FILES.filter((file) => vague.test(basename(file)))).toEqual([]);
  });

  test('have no import cycles, not even for types', () => {
    expect(circlesOf(importedFiles()).map((files) => files.join(' -> '))).toEqual([]);
  });

  test('of sibling folders do not import each other, not even through a third folder', () => {
    expect(circlesOf(importedFolders()).map((folders) => folders.join(' -> '))).toEqual([]);
  });

  test('of tests assert something in every test', () => {
    expect(files(/\.test\.ts$/).flatMap(testsWithoutAssertion)).toEqual([]);
  });

  test('give a reason where they switch off a check', () => {
    // It is allowed with a reason after `--`.
    const off = /@ts-(ignore|nocheck|expect-error)|oxlint-disable(?!.* -- \S)|oxfmt-ignore|prettier-ignore/;
    expect(files(/\.(ts|js|mjs)$/).flatMap((file) => matches(file, withoutThisRule(file), off))).toEqual([]);
  });

  test('have no notes about work that is left to do', () => {
    const later = new RegExp(['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].map((word) => `\\b${word}\\b`).join('|'));
    expect(files(/^(?!package-lock\.json)/).flatMap((file) => matches(file, textOf(file), later))).toEqual([]);
  });

  test('name no folder of one machine and no registry host', () => {
    const local = ['wor' + 'k', 'ro' + 'ot', 'ho' + 'me'].map((folder) => `/${folder}/`).join('|');
    const host = '\\bregistry\\.[\\w-]+\\.(com|org|net|io|dev)\\b|' + 'npmjs' + '\\.(org|com)';
    const outside = new RegExp(`(?<![\\w.*-])(${local})|${host}`);
    const temporary = new RegExp('(?<![\\w.*-])/' + 'tmp/');
    const found = files(/./).flatMap((file) => matches(file, textOf(file), outside));
    const shipped = files(/^(?!test\/)/).filter((file) => !file.endsWith('.test.ts'));
    expect([...found, ...shipped.flatMap((file) => matches(file, textOf(file), temporary))]).toEqual([]);
  });

  test('of tests run every test they have', () => {
    const left = /\b(test|it|describe)\.(only|skip|todo|failing)\b|\b(xit|xtest|xdescribe|fit|fdescribe)\(/;
    expect(files(/\.test\.ts$/).flatMap((file) => matches(file, withoutThisRule(file), left))).toEqual([]);
  });
});

type Arrows = ReadonlyMap<string, ReadonlySet<string>>;

/** Which files of this project each file imports by their paths. */
function importedFiles(): Arrows {
  const sources = new Set(files(/\.tsx?$/));
  const importedBy = (file: string) =>
    importsOf(file)
      .filter(({ name }) => name.startsWith('.'))
      .map(({ name }) => join(dirname(file), name))
      .filter((imported) => sources.has(imported));
  return new Map([...sources].map((file) => [file, new Set(importedBy(file))]));
}

/** Which other folders of its app or package each folder imports from. Its parent and child folders do not count. */
function importedFolders(): Arrows {
  const arrows = new Map<string, Set<string>>();
  for (const [file, imported] of importedFiles()) {
    if (!/^(apps|packages)\/[^/]+\/src\//.test(file) || isTest(file)) continue;
    const folder = dirname(file);
    const others = [...imported].map((other) => dirname(other)).filter((other) => !isWithin(folder, other));
    arrows.set(folder, new Set([...(arrows.get(folder) ?? []), ...others]));
  }
  return arrows;
}

function isWithin(one: string, other: string): boolean {
  return `${one}/`.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}

/** The cycles of a graph: paths that lead back to their beginning, one for each place where a path closes. */
function circlesOf(arrows: Arrows): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (place: string, path: readonly string[]): void => {
    const start = path.indexOf(place);
    if (start >= 0) found.push([...path.slice(start), place]);
    if (start >= 0 || done.has(place)) return;
    for (const next of arrows.get(place) ?? []) visit(next, [...path, place]);
    done.add(place);
  };
  for (const place of arrows.keys()) visit(place, []);
  return found;
}

/**
 * The tests without an assertion. An assertion is a call of `expect`, of a function with such a name (`expectCreatedOnce`), or
 * of a function that fails after a time limit (`until`, `waitFor`).
 */
function testsWithoutAssertion(file: string): string[] {
  const code = codeOf(file);
  const starts = [...code.matchAll(/^( *)test(?:\.each\([\s\S]*?\n?\1?\]\))?\(/gm)];
  return starts.flatMap((start) => {
    const from = start.index;
    const end = code.indexOf(`\n${start[1] ?? ''}}`, from);
    const body = code.slice(from, end < 0 ? undefined : end);
    if (/\bexpect\w*[(.]|\buntil\(|\.(hears|ended|received|waitFor|waitForURL)\(/.test(body)) return [];
    return [`${file}:${code.slice(0, from).split('\n').length}: ${body.split('\n')[0]?.trim()}`];
  });
}

/** This file contains the texts for which it searches, so it is skipped. */
function withoutThisRule(file: string): string {
  return file === 'test/tidy/tidy.test.ts' ? '' : textOf(file);
}

describe('the machine', () => {
  const sources = files(/^packages\/machine\/src\/.*\.ts$/).filter((file) => !file.endsWith('.test.ts'));

  test('is pure: it uses no clock, no random numbers, no process, no I/O and nothing asynchronous', () => {
    const impure =
      /\bDate\b|\bMath\.random\b|\bprocess\.|\basync\b|\bawait\b|\bPromise[.<(]|\bconsole\.|\bset(Timeout|Interval|Immediate)\b|\bfetch\(|\bperformance\.|\bcrypto\.|['"]node:/;
    expect(sources.flatMap((file) => matches(file, codeOf(file), impure))).toEqual([]);
  });

  test('has one file for each kind of the protocol, registered under that kind', () => {
    const kinds = KINDS.filter((kind) => !kind.startsWith('debug.'));
    const expected = kinds.map((kind) => `packages/machine/src/${operationFile(kind)}`);
    const found = sources.filter((file) => /^packages\/machine\/src\/(promise|task|schedule)\//.test(file));
    expect(found.sort()).toEqual(expected.sort());
    const single = kinds.filter((kind) => !kind.endsWith('.search'));
    expect(Object.keys({ ...READS, ...WRITES }).sort()).toEqual(single.sort());
  });

  test('registers every operation in operations.ts, searches in index.ts', () => {
    const registries = textOf('packages/machine/src/operations.ts') + textOf('packages/machine/src/index.ts');
    const operations = sources.filter((file) => /\/src\/(promise|task|schedule|internal)\//.test(file));
    const unregistered = operations.filter((file) => !registries.includes(`'./${file.split('/src/')[1]}'`));
    expect(unregistered.map((file) => `${file}:1: is registered nowhere`)).toEqual([]);
  });
});

describe('the store', () => {
  test('answers every search and debug kind of the protocol', () => {
    const code = files(/^packages\/store\/src\/[^/]+\.ts$/)
      .map(codeOf)
      .join('\n');
    const special = KINDS.filter((kind) => kind.endsWith('.search') || kind.startsWith('debug.'));
    expect(special.filter((kind) => !code.includes(`case '${kind}':`))).toEqual([]);
  });

  test('reaches its databases through packages/drivers only', () => {
    const homes: Record<string, RegExp> = {
      'better-sqlite3': /^packages\/drivers\/src\/sqlite\//,
      pg: /^packages\/(drivers\/src\/postgres|wakeup\/src)\//,
      mysql2: /^packages\/drivers\/src\/mysql\//,
      ioredis: /^packages\/wakeup\/src\//,
    };
    const strays = files(/^(apps|packages)\/[^/]+\/src\/.*\.ts$/)
      // Tests may read the tables with their own connections.
      .filter((file) => !isTest(file))
      .flatMap(importsOf)
      .filter(({ file, name }) => {
        const home = homes[name.split('/')[0] ?? ''];
        return home !== undefined && !home.test(file);
      });
    expect(strays.map(({ file, line, name }) => `${file}:${line}: imports ${name}`)).toEqual([]);
  });
});

describe('package-lock.json', () => {
  test('names no registry', () => {
    expect(matches('package-lock.json', textOf('package-lock.json'), /"resolved": "(?!apps\/|packages\/)/)).toEqual([]);
  });

  test('is complete for every platform (else: npm run lockfile)', () => {
    expect(completeLockfile(readLockfile(ROOT), ROOT)).toEqual([]);
  });
});
