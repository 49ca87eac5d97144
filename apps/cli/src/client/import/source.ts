import { readFile, stat } from 'node:fs/promises';
import type { PromiseRecord, ScheduleRecord, TaskRecord } from '@resonate/protocol';
import { z } from 'zod';
import { isRecord } from '../answer.ts';
import { ClientError, type ClientOptions } from '../http.ts';
import { callWithRetries } from './call-with-retries.ts';

/** The source of records: a server, or files with the output of its searches. */
export interface Source {
  /** In the order of the source, page by page. @throws ClientError */
  promises(): AsyncIterable<PromiseRecord[]>;
  schedules(): AsyncIterable<ScheduleRecord[]>;
  /** Tasks of one state. */
  tasks(state: 'acquired' | 'halted'): AsyncIterable<Pick<TaskRecord, 'id' | 'state'>[]>;
  /** False for files without tasks. Then it is unknown which tasks are held or halted. */
  readonly knowsTasks: boolean;
}

/** A small page, because a page is in memory and values may be large. */
const PAGE = 200;
const MAX_FILE_BYTES = 256 * 2 ** 20;

/** Clamped, because servers write "never" as times that JSON numbers cannot represent exactly. */
const time = z
  .number()
  .min(0)
  .transform((at) => Math.min(at, Number.MAX_SAFE_INTEGER));
/** Not `z.record`, which leaves out the name `__proto__`. */
const texts = z.custom<Record<string, string>>(isTexts, 'must map names to texts');
const absent = <T extends z.ZodType>(field: T) => field.nullish().transform((given) => given ?? undefined);
const value = z
  .object({ headers: absent(texts), data: absent(z.string()) })
  .nullish()
  .transform((given) => withoutAbsent(given ?? {}));

const promise = z
  .object({
    id: z.string(),
    state: z.enum(['pending', 'resolved', 'rejected', 'rejected_canceled', 'rejected_timedout']),
    param: value,
    value,
    tags: texts,
    timeoutAt: time,
    createdAt: time,
    settledAt: absent(time),
  })
  .refine(
    ({ state, settledAt }) => (state === 'pending') === (settledAt === undefined),
    'settledAt does not match the state',
  )
  .transform(withoutAbsent);

const schedule = z
  .object({
    id: z.string(),
    cron: z.string(),
    promiseId: z.string(),
    promiseTimeout: time,
    promiseParam: value,
    promiseTags: texts,
    createdAt: time,
    nextRunAt: time,
    lastRunAt: absent(time),
    timezone: absent(z.string()),
    overlap: absent(z.enum(['allow', 'skip', 'cancel'])),
    catchUp: absent(z.enum(['all', 'last', 'none'])),
    cronDialect: absent(z.enum(['resonate', 'unix'])),
    pausedAt: absent(time),
  })
  .transform(withoutAbsent);

const task = z.object({ id: z.string(), state: z.enum(['pending', 'acquired', 'suspended', 'halted', 'fulfilled']) });

const LISTS = { promises: z.array(promise), schedules: z.array(schedule), tasks: z.array(task) };
interface Lists {
  promises: PromiseRecord[];
  schedules: ScheduleRecord[];
  tasks: Pick<TaskRecord, 'id' | 'state'>[];
}

function isTexts(given: unknown): boolean {
  return isRecord(given) && Object.values(given).every((text) => typeof text === 'string');
}

/** Removes undefined fields: `{a: undefined}` and `{}` are the same JSON. */
function withoutAbsent<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).filter(([, field]) => field !== undefined)) as T;
}

/** @throws ClientError if a record is not valid */
function read<L extends keyof Lists>(list: L, records: unknown, from: string): Lists[L] {
  const { data, error } = LISTS[list].safeParse(records);
  if (data !== undefined) return data as unknown as Lists[L];
  const { path, message } = error.issues[0] ?? { path: [], message: 'unknown' };
  throw new ClientError(`${from} has invalid ${list}: ${path.join('.')}: ${message}`);
}

/** Reads from a server over its API. Retries during a short outage. */
export function serverSource(options: ClientOptions): Source {
  async function* pages<L extends keyof Lists>(list: L, kind: string, filters: object): AsyncGenerator<Lists[L]> {
    let cursor: string | undefined;
    do {
      const page = await callWithRetries(kind, { ...filters, limit: PAGE, ...(cursor ? { cursor } : {}) }, options);
      yield read(list, page[list], options.server);
      const next = (page['cursor'] ?? undefined) as string | undefined;
      if (next !== undefined && next === cursor)
        throw new ClientError(`${options.server} returned the same page twice`);
      cursor = next;
    } while (cursor !== undefined);
  }
  return {
    promises: () => pages('promises', 'promise.search', {}),
    schedules: () => pages('schedules', 'schedule.search', {}),
    tasks: (state) => pages('tasks', 'task.search', { state }),
    knowsTasks: true,
  };
}

/** Reads files with the output of `resonate promises|tasks|schedules search --all --output json`. @throws ClientError */
export async function fileSource(paths: readonly string[]): Promise<Source> {
  const lists: Partial<Lists> = {};
  for (const path of paths) {
    const content = await jsonFile(path);
    if (content['cursor'] !== undefined && content['cursor'] !== null) {
      throw new ClientError(`${path} has only the first page; write it with search --all`);
    }
    const known = (Object.keys(LISTS) as (keyof Lists)[]).filter((list) => list in content);
    if (known.length === 0) throw new ClientError(`${path} has no promises, tasks or schedules`);
    for (const list of known) {
      if (lists[list] !== undefined) throw new ClientError(`${path} is the second file with ${list}`);
      Object.assign(lists, { [list]: read(list, content[list], path) });
    }
  }
  const { promises = [], schedules = [], tasks } = lists;
  return {
    promises: () => inPages(promises),
    schedules: () => inPages(schedules),
    tasks: (state) => inPages((tasks ?? []).filter((one) => one.state === state)),
    knowsTasks: tasks !== undefined,
  };
}

async function jsonFile(path: string): Promise<Record<string, unknown>> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES)
      throw new Error(`it has more than ${MAX_FILE_BYTES / 2 ** 20} MiB; import from the server instead`);
    const content: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof content !== 'object' || content === null) throw new Error('it is not a JSON object');
    return content as Record<string, unknown>;
  } catch (error) {
    throw new ClientError(`cannot read ${path}: ${(error as Error).message}`);
  }
}

async function* inPages<T>(records: readonly T[]): AsyncGenerator<T[]> {
  for (let start = 0; start < records.length; start += PAGE) yield records.slice(start, start + PAGE);
}
