import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { configurationDocs } from '../../scripts/configuration-docs.ts';
import { commentsOf, FILES, files, isTest, ROOT, textOf } from './sources.ts';

/** Checks that the files, headings and transitions that documents and comments name exist. */

interface Passage {
  file: string;
  line: number;
  text: string;
}

const PAGES = files(/\.md$/);

/** The lines of a page outside its code blocks, which show the files of users. */
function proseOf(page: string): Passage[] {
  let isFenced = false;
  return textOf(page)
    .split('\n')
    .flatMap((text, index) => {
      const isFence = text.trimStart().startsWith('```');
      if (isFence) isFenced = !isFenced;
      return isFence || isFenced || text.startsWith('    ') ? [] : [{ file: page, line: index + 1, text }];
    });
}

const PROSE = PAGES.flatMap(proseOf);
const COMMENTS = files(/\.(tsx?|js|mjs)$/).flatMap(commentsOf);

/** Each `find` in the text that `isBroken`, as `file:line: what was found`. */
function broken(passages: readonly Passage[], find: RegExp, isBroken: (found: string, file: string) => boolean) {
  return passages.flatMap(({ file, line, text }) =>
    [...text.replaceAll(/https?:\/\/\S+/g, ' ').matchAll(find)]
      .map((match) => match[1] ?? match[0])
      .filter((found) => isBroken(found, file))
      .map((found) => `${file}:${line}: ${found}`),
  );
}

/** NAME, X and NNNN stand for any name. `dist` is the output of a build. */
const IS_OTHER = /\b[A-Z]+\b|NNNN|\bdist\b/;

/** The beginning of a path is valid too: `npm test -- test/http/b` runs every test whose path begins with it. */
function isGone(path: string): boolean {
  return !IS_OTHER.test(path) && !FILES.some((file) => file.startsWith(path));
}

/** Every file by its path, and by each end of its path: `tidy/sources.ts`, `sources.ts`. */
const BY_END = new Set(FILES.flatMap((file) => file.split('/').map((_, at, parts) => parts.slice(at).join('/'))));
/** Files of a user, which are not in this project. */
BY_END.add('resonate.toml').add('resonate.sql').add('x.test.ts');

describe.each([
  ['the documents', PROSE],
  ['comments', COMMENTS],
])('%s', (_, passages) => {
  test('name only files and folders that exist', () => {
    const path = /(?<![\w/.@-])(?:apps|packages|bench|clients|test|examples|scripts|docs|deploy)\/[\w./-]*\w/g;
    const name =
      /(?<![\w/.@*…-])(?:\.{1,2}\/)*((?:[\w@.-]+\/)*[\w.-]*\w\.(?:tsx?|md|sql|sh|m?js|json|toml|ya?ml|py))\b(?![\w*])/g;
    expect(broken(passages, path, isGone)).toEqual([]);
    expect(broken(passages, name, (found) => !BY_END.has(found) && isGone(found))).toEqual([]);
  });

  test('name only transitions that docs/transitions.md lists', () => {
    const numbers = /\btransitions? ((?:[PTCLMS]\d+(?:, | and | to )?)+)/g;
    const isUnknown = (found: string) =>
      found.split(/, | and | to /).some((one) => one !== '' && !TRANSITIONS.has(one));
    expect(broken(passages, numbers, isUnknown)).toEqual([]);
  });
});

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const { text } of proseOf(page)) {
    const title = /^#+ +(.*)$/.exec(text)?.[1];
    if (title === undefined) continue;
    const plain = title.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = plain.replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    let unique = anchor;
    for (let n = 1; anchors.has(unique); n++) unique = `${anchor}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}

const ANCHORS = new Map(PAGES.map((page) => [page, anchorsOf(page)]));

/** Whether a link such as `auth.md#claims`, on a page in the same folder, leads to no file or no heading. */
function leadsNowhere(link: string, page: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, target))) return true;
  return anchor !== undefined && ANCHORS.get(target)?.has(anchor) !== true;
}

describe('links', () => {
  test('of the documents lead to files and headings that exist', () => {
    expect(broken(PROSE, /\]\((?!https?:|mailto:)([^)\s]+)/g, leadsNowhere)).toEqual([]);
  });

  test('in sources and configuration files lead to headings that exist', () => {
    const named = files(/\.(tsx?|js|mjs|ya?ml|json|toml)$/).flatMap((file) =>
      textOf(file)
        .split('\n')
        .map((text, index) => ({ file, line: index + 1, text })),
    );
    const link = /\b(docs\/[\w-]+\.md(?:#[\w-]+)?)/g;
    expect(broken(named, link, (found) => leadsNowhere(found, 'README.md'))).toEqual([]);
  });
});

/** The numbers in the first columns of docs/transitions.md. */
const TRANSITIONS = new Set([...textOf('docs/transitions.md').matchAll(/^\| ([PTCLMS]\d+) /gm)].map(([, no]) => no));

describe('docs/transitions.md', () => {
  const TITLE = /\b(?:test|describe)\(\s*(['"`])(.*?)\1,/g;
  const quoted = new Set(
    files(/^packages\/machine\/test\/.*\.test\.ts$/).flatMap((file) =>
      [...textOf(file).matchAll(TITLE)].flatMap(([, , title = '']) =>
        [...title.matchAll(/\b[PTCLMS]\d+\b/g)].map(String),
      ),
    ),
  );

  test('has every number once', () => {
    const rows = textOf('docs/transitions.md').match(/^\| [PTCLMS]\d+ /gm) ?? [];
    expect(rows.length).toBeGreaterThan(50);
    expect(TRANSITIONS.size).toBe(rows.length);
  });

  test('lists the transitions that tests of the machine quote in their names, and no others', () => {
    expect([...quoted].sort()).toEqual([...TRANSITIONS].sort());
  });
});

describe('ARCHITECTURE.md', () => {
  test('lists every package and app', () => {
    const folders = new Set(FILES.map((file) => /^(apps|packages)\/[^/]+(?=\/package\.json$)/.exec(file)?.[0]));
    folders.delete(undefined);
    const listed = textOf('ARCHITECTURE.md').matchAll(/^\| `((?:apps|packages)\/[^`]+)`/gm);
    expect([...listed].map(([, folder]) => folder).sort()).toEqual([...folders].sort());
  });
});

test('docs/configuration.md is up to date (else: npm run docs)', async () => {
  expect(textOf('docs/configuration.md')).toBe(await configurationDocs());
});

test('docs/decisions/README.md lists every decision', () => {
  const pages = files(/^docs\/decisions\/(?!README)/).map((page) => page.replace('docs/decisions/', ''));
  const listed = [...textOf('docs/decisions/README.md').matchAll(/\]\(([^)]+)\)/g)].map(([, page]) => page);
  expect(listed.sort()).toEqual(pages.sort());
});

test('CHANGELOG.md has a section for what is not released yet', () => {
  expect(textOf('CHANGELOG.md')).toMatch(/^## \[Unreleased\]/m);
});

describe('docs/decisions/size-of-a-dialect.md', () => {
  const sums = textOf('docs/decisions/size-of-a-dialect.md').match(/^\| \*\*all\*\*.*$/gm) ?? [];
  const linesIn = (pattern: RegExp) =>
    files(pattern)
      .filter((file) => !isTest(file))
      .reduce((sum, file) => sum + textOf(file).split('\n').length - 1, 0);

  test.each([
    ['dialect', 0, 'packages/store/src/dialects'],
    ['driver', 1, 'packages/drivers/src'],
  ])('gives the lines of each %s', (_, table, folder) => {
    const counts = [...(sums[table] ?? '').matchAll(/\*\*(\d+)\*\*/g)].map(([, count]) => Number(count));
    const folders = ['postgres', 'mysql', 'sqlite'].map((name) => new RegExp(`^${folder}/${name}/[^/]+\\.ts$`));
    expect(counts).toEqual(folders.map(linesIn));
  });
});
