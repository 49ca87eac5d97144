import { once } from 'node:events';
import type { Argv } from 'yargs';
import type { ClientArguments } from './arguments.ts';
import { call, type ClientOptions } from './http.ts';
import { jsonText, layoutOf, linesText, printable, show, wantsTable, type Layout, type Table } from './output.ts';
import { Progress } from './progress.ts';

export interface PageArguments {
  limit?: number | undefined;
  cursor?: string | undefined;
  all?: boolean | undefined;
}

/** One kind of search: its request, the field of the answer that has the records, and their table. */
export interface Search<T> {
  /** Requests one page. @throws ClientError */
  load(query: Record<string, unknown>, options: ClientOptions): Promise<Page<T>>;
  list: 'promises' | 'tasks' | 'schedules' | 'deadLetters';
  /** The default number of records per page, the same as of the public command. */
  pageSize: number;
  /** The largest page that a server returns, if it is not 1,000. */
  maxPage?: number;
  table(records: readonly T[]): Table;
}

export const MAX_PAGE = 1000;

/** A search of the protocol. */
export function searchOf(kind: `${string}.search`): Search<never>['load'] {
  return (query, options) => call(kind, query, options);
}

/** @param maxPage the largest page, for the help. */
export function pageOptions<T extends ClientArguments>(
  command: Argv<T>,
  { pageSize, list }: Pick<Search<never>, 'pageSize' | 'list'>,
  maxPage = String(MAX_PAGE),
) {
  const records = nameOf(list);
  return command.options({
    limit: {
      type: 'number',
      requiresArg: true,
      describe: `Maximum number of ${records} on a page, up to ${maxPage}`,
      defaultDescription: String(pageSize),
    },
    cursor: { type: 'string', requiresArg: true, describe: 'Cursor that the previous page ended with' },
    all: { type: 'boolean', describe: `Print all ${records}, not only one page` },
  });
}

/** Prints one page, or with `all` everything. On a terminal it says how to get the next page. @throws ClientError */
export async function search<T>(
  what: Search<T>,
  filters: Record<string, unknown>,
  argv: ClientArguments & PageArguments,
): Promise<void> {
  const { list, pageSize, maxPage = MAX_PAGE, table } = what;
  const { limit, cursor, all } = argv;
  const query = { ...filters, cursor, limit: limit ?? (all ? maxPage : pageSize) };
  const first = await what.load(query, argv);
  if (all) return printAll(what, argv, pages(what, query, first, argv));
  show(first, argv, (page) => table(page[list] ?? []));
  if (first.cursor !== undefined && wantsTable(argv)) {
    process.stderr.write(`There are more results: add --cursor ${printable(first.cursor)}, or --all\n`);
  }
}

export type Page<T> = { cursor?: string | undefined } & Partial<Record<Search<T>['list'], T[]>>;

async function* pages<T>(
  { load }: Search<T>,
  query: Record<string, unknown>,
  first: Page<T>,
  argv: ClientArguments,
): AsyncGenerator<Page<T>> {
  for (let page = first; ;) {
    yield page;
    if (page.cursor === undefined) return;
    page = await load({ ...query, cursor: page.cursor }, argv);
  }
}

/** Only one page is in memory at a time. */
async function printAll<T>(
  { list, table }: Search<T>,
  argv: ClientArguments,
  all: AsyncIterable<Page<T>>,
): Promise<void> {
  const progress = new Progress(process.stdout);
  const asTable = wantsTable(argv);
  let count = 0;
  let isFirst = true;
  let layout: Layout | null = null;
  try {
    for await (const page of all) {
      const records = page[list] ?? [];
      // An empty page can have a cursor. It has no rows that could give the table its layout.
      const isEmpty = records.length === 0;
      if (asTable && !isEmpty) {
        const shown = table(records);
        const headings: Table['rows'] = layout === null ? [shown.columns] : [];
        layout ??= layoutOf(shown, argv);
        await write(linesText([...headings, ...shown.rows], layout));
      } else if (!asTable) {
        const items = records.map((record) => `\n    ${jsonText(record).trimEnd().replaceAll('\n', '\n    ')}`);
        const start = isFirst ? `{\n  "${list}": [` : '';
        await write(start + (count > 0 && !isEmpty ? ',' : '') + items.join(','));
      }
      isFirst = false;
      count += records.length;
      progress.say(`${count} ${nameOf(list)}`);
    }
  } finally {
    progress.done();
  }
  if (!asTable) await write(count === 0 ? ']\n}\n' : '\n  ]\n}\n');
  else if (layout === null) await write(linesText([table([]).columns], layoutOf(table([]), argv)));
}

function nameOf(list: Search<never>['list']): string {
  return list === 'deadLetters' ? 'dead letters' : list;
}

/** Waits while the reader is slower than this command. */
async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
