import { readFile, stat } from 'node:fs/promises';
import type { PromiseRecord, ScheduleRecord, TaskRecord } from '@resonate/protocol';
import { z } from 'zod';
import { ClientError, type ClientOptions } from '../http.ts';
import { persistently } from './persistently.ts';

/** Where records come from: a server, or what searches of one printed into files. */
export interface Source {
  /** In the order of the source, some at a time. @throws ClientError */
  promises(): AsyncIterable<PromiseRecord[]>;
  schedules(): AsyncIterable<ScheduleRecord[]>;
  /** Tasks of one state. */
  tasks(state: 'acquired' | 'halted'): AsyncIterable<Pick<TaskRecord, 'id' | 'state'>[]>;
  /** False for files that hold no tasks: nobody knows then which are held or halted. */
  readonly knowsTasks: boolean;
}

/** Small: one page is in memory, and values may be large. */
const PAGE = 200;
const MAX_FILE_BYTES = 256 * 2 ** 20;

/** Servers say "never" with times that no JSON number holds exactly. */
const time = z
  .number()
  .min(0)
  .transform((at) => Math.min(at, Number.MAX_SAFE_INTEGER));
const texts = z.record(z.string(), z.string());
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
  .refine(({ state, settledAt }) => (state === 'pending') === (settledAt === undefined), 'settledAt does not fit')
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

/** `{a: undefined}` and `{}` are one on the wire. */
function withoutAbsent<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).filter(([, field]) => field !== undefined)) as T;
}

/** @throws ClientError when something is not what such a list holds. */
function read<L extends keyof Lists>(list: L, records: unknown, from: string): Lists[L] {
  const { data, error } = LISTS[list].safeParse(records);
  if (data !== undefined) return data as unknown as Lists[L];
  const { path, message } = error?.issues[0] ?? { path: [], message: 'unknown' };
  throw new ClientError(`${from} has ${list} that are none: ${path.join('.')}: ${message}`);
}

/** Reads a server over its API. Retries while it is away for a moment. */
export function serverSource(options: ClientOptions): Source {
  async function* pages<L extends keyof Lists>(list: L, kind: string, filters: object): AsyncGenerator<Lists[L]> {
    let cursor: string | undefined;
    do {
      const page = await persistently(kind, { ...filters, limit: PAGE, ...(cursor ? { cursor } : {}) }, options);
      yield read(list, page[list], options.server);
      const next = (page['cursor'] ?? undefined) as string | undefined;
      if (next !== undefined && next === cursor) throw new ClientError(`${options.server} gives the same page again`);
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

/** Reads what `resonate promises|tasks|schedules search --all --output json` printed. @throws ClientError */
export async function fileSource(paths: readonly string[]): Promise<Source> {
  const lists: Partial<Lists> = {};
  for (const path of paths) {
    const content = await jsonFile(path);
    if (content['cursor'] !== undefined && content['cursor'] !== null) {
      throw new ClientError(`${path} holds one page of more; write it with search --all`);
    }
    const known = (Object.keys(LISTS) as (keyof Lists)[]).filter((list) => list in content);
    if (known.length === 0) throw new ClientError(`${path} holds neither promises nor tasks nor schedules`);
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
    if (size > MAX_FILE_BYTES) throw new Error(`has more than ${MAX_FILE_BYTES / 2 ** 20} MiB; import from the server`);
    const content: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof content !== 'object' || content === null) throw new Error('is no JSON object');
    return content as Record<string, unknown>;
  } catch (error) {
    throw new ClientError(`cannot read ${path}: ${(error as Error).message}`);
  }
}

async function* inPages<T>(records: readonly T[]): AsyncGenerator<T[]> {
  for (let start = 0; start < records.length; start += PAGE) yield records.slice(start, start + PAGE);
}
