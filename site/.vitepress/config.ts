/**
 * `npm run docs:site`: makes a static site of docs/ with search. A dead link fails the build. Pages that no section
 * names are in the sidebar under "More".
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type DefaultTheme } from 'vitepress';

const ROOT = join(import.meta.dirname, '../..');
const FOLDERS_WITHOUT_PAGES = ['apps', 'packages', 'bench', 'deploy', 'examples', 'scripts', 'site/*'];

const SECTIONS: DefaultTheme.SidebarItem[] = [
  section('Start', 'quick-start', 'tutorial', 'concepts', 'faq', 'glossary'),
  section('Use', 'cli', 'dashboard', 'schedules', 'bash', 'troubleshooting'),
  section('Choose', 'comparison', 'differences', 'moving-over'),
  section('Operate', 'operating', 'upgrade', 'capacity', 'security', 'auth', 'configuration', 'databases', 'retention'),
  section('Install', 'install', 'compose', 'kubernetes', 'observability'),
  section('Deliver', 'delivery-guarantees', 'delivery', 'transports'),
  section('Reference', 'protocol', 'admin-api', 'errors', 'transitions', 'locking', 'benchmark'),
];
const SIDEBAR: DefaultTheme.SidebarItem[] = [
  ...SECTIONS,
  ...otherPages(),
  { text: 'Decisions', collapsed: true, items: pagesIn('docs/decisions') },
  {
    text: 'Project',
    items: [
      { text: 'Architecture', link: '/ARCHITECTURE' },
      { text: 'Contributing', link: '/CONTRIBUTING' },
      { text: 'Changelog', link: '/CHANGELOG' },
    ],
  },
];

export default defineConfig({
  title: 'Resonate server',
  description: 'A server for durable functions',
  srcDir: '..',
  srcExclude: ['README.md', 'test/!(conformance)/**', ...FOLDERS_WITHOUT_PAGES.map((folder) => `${folder}/**`)],
  outDir: 'dist',
  ignoreDeadLinks: 'localhostLinks',
  cacheDir: '../node_modules/.cache/vitepress',
  rewrites: { 'site/index.md': 'index.md' },
  vite: { build: { target: 'es2022' } },
  themeConfig: {
    nav: [
      { text: 'Quick start', link: '/docs/quick-start' },
      { text: 'Tutorial', link: '/docs/tutorial' },
      { text: 'Configuration', link: '/docs/configuration' },
    ],
    sidebar: SIDEBAR,
    outline: [2, 3],
    search: { provider: 'local' },
  },
  markdown: {
    // Text in braces in a heading, such as { id }, is shown. It does not set attributes of the heading.
    attrs: { disable: true },
    // The anchors that GitHub makes, because links between pages name them.
    anchor: {
      slugify: (title) =>
        title
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
          .replaceAll(' ', '-'),
    },
    config(md) {
      // Vue takes {{ }} for an expression, also in code.
      md.core.ruler.push('verbatim', ({ tokens }) => {
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          if (token.type === 'code_inline') token.attrSet('v-pre', '');
        }
      });
      // Blocks of code that are indented instead of fenced are commands.
      md.core.ruler.push('commands', ({ tokens }) => {
        for (const token of tokens) {
          if (token.type === 'code_block')
            Object.assign(token, { type: 'fence', tag: 'code', markup: '```', info: 'sh' });
        }
      });
      // The site has no pages of source files, so links to them become plain text.
      md.core.ruler.push('sources', ({ tokens }) => {
        let isToSource = false;
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          if (token.type === 'link_open') isToSource = !/^([a-z]+:|#)|\.md(#|$)/.test(token.attrGet('href') ?? '');
          if (isToSource && token.type.startsWith('link_')) Object.assign(token, { type: 'text', content: '' });
        }
      });
    },
  },
});

function section(text: string, ...pages: string[]): DefaultTheme.SidebarItem {
  return { text, items: pages.map((page) => itemOf(`docs/${page}.md`)) };
}

function pagesIn(folder: string): DefaultTheme.SidebarItem[] {
  return globSync(`${folder}/*.md`, { cwd: ROOT }).sort().map(itemOf);
}

/** Named by the heading of the page. */
function itemOf(page: string): DefaultTheme.SidebarItem {
  const heading = /^# (.+)$/m.exec(readFileSync(join(ROOT, page), 'utf8'))?.[1] ?? page;
  return { text: heading.replaceAll('`', ''), link: `/${page.replace(/\.md$/, '')}` };
}

/** A section of the pages that no other section names; none if there are no such pages. */
function otherPages(): DefaultTheme.SidebarItem[] {
  const named = new Set(SECTIONS.flatMap(({ items = [] }) => items).map(({ link }) => link));
  const items = pagesIn('docs').filter(({ link }) => !named.has(link));
  return items.length > 0 ? [{ text: 'More', items }] : [];
}
