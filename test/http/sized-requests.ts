import { type Head, type Kind, REQUESTS } from '@resonate/protocol';
import { z } from 'zod';
import { FAR_FUTURE } from './state.ts';

/** Valid requests with a value in every field. Each field is then made too large, one after the other. */

type Data = Record<string, unknown>;
type Call = readonly [kind: Kind, data: Data];

interface Row {
  /** Objects that must exist so that the request is accepted. */
  before?: (id: string) => Call[];
  data: (id: string) => Data;
}

const TARGET = 'poll://any@nobody';
const VALUE = { headers: { name: 'value' }, data: 'eA==' };
const TASK_TAGS = { 'resonate:target': TARGET };
const create = (id: string, tags: Data = { name: 'value' }) => ({ id, timeoutAt: FAR_FUTURE, param: VALUE, tags });
const settle = (id: string) => ({ id, state: 'resolved', value: VALUE });
const acquired = { pid: 'worker', ttl: 600_000 };
const scheduleOf = (id: string) => ({
  ...{ id, cron: '0 0 1 1 *', cronDialect: 'unix', promiseId: '{{.id}}.{{.timestamp}}', promiseTimeout: 60_000 },
  ...{
    promiseParam: VALUE,
    promiseTags: { name: 'value' },
    timezone: 'Europe/Berlin',
    overlap: 'allow',
    catchUp: 'all',
  },
});

const promiseThere = (id: string): Call[] => [['promise.create', create(id)]];
const taskThere = (id: string): Call[] => [['promise.create', create(id, TASK_TAGS)]];
const taskHeld = (id: string): Call[] => [
  ['task.create', { ...acquired, action: { kind: 'promise.create', data: create(id, TASK_TAGS) } }],
];
const scheduleThere = (id: string): Call[] => [['schedule.create', scheduleOf(id)]];
const other = (id: string) => `${id}.other`;
const held = (id: string) => ({ id, version: 1 });

const byId = (before: (id: string) => Call[]): Row[] => [{ before, data: (id) => ({ id }) }];
const search = (extra: Data): Row[] => [{ data: () => ({ ...extra, limit: 10, cursor: 'none' }) }];
const fenced = (kind: 'promise.create' | 'promise.settle', data: (id: string) => Data, before: Row['before']): Row => ({
  before: (id) => [...taskHeld(id), ...(before?.(other(id)) ?? [])],
  data: (id) => ({ ...held(id), action: { kind, head: {}, data: data(other(id)) } }),
});

export const ROWS: Record<Kind, readonly Row[]> = {
  'promise.get': byId(promiseThere),
  'promise.create': [{ data: (id) => create(id) }, { data: (id) => create(id, TASK_TAGS) }],
  'promise.settle': [{ before: promiseThere, data: settle }],
  'promise.register_callback': [
    {
      before: (id) => [...taskThere(id), ...promiseThere(other(id))],
      data: (id) => ({ awaited: other(id), awaiter: id }),
    },
  ],
  'promise.register_listener': [{ before: promiseThere, data: (id) => ({ awaited: id, address: TARGET }) }],
  'promise.search': search({ state: 'pending', tags: { name: 'value' } }),
  'task.get': byId(taskThere),
  'task.create': [{ data: (id) => ({ ...acquired, action: { kind: 'promise.create', data: create(id, TASK_TAGS) } }) }],
  'task.acquire': [{ before: taskThere, data: (id) => ({ id, version: 0, ...acquired }) }],
  'task.release': [{ before: taskHeld, data: held }],
  'task.fulfill': [
    {
      before: taskHeld,
      data: (id) => ({
        ...held(id),
        action: { kind: 'promise.settle', data: settle(id) },
        steps: [{ create: create(other(id)), settle: settle(other(id)) }],
      }),
    },
  ],
  'task.suspend': [
    {
      before: (id) => [...taskHeld(id), ...promiseThere(other(id))],
      data: (id) => ({
        ...held(id),
        actions: [{ kind: 'promise.register_callback', data: { awaited: other(id), awaiter: id } }],
      }),
    },
  ],
  'task.fence': [fenced('promise.create', create, undefined), fenced('promise.settle', settle, promiseThere)],
  'task.heartbeat': [{ before: taskHeld, data: (id) => ({ pid: 'worker', tasks: [held(id)] }) }],
  'task.halt': byId(taskThere),
  'task.continue': byId(taskThere),
  'task.search': search({ state: 'pending' }),
  'schedule.get': byId(scheduleThere),
  'schedule.create': [{ data: scheduleOf }],
  'schedule.update': [{ before: scheduleThere, data: scheduleOf }],
  'schedule.delete': byId(scheduleThere),
  'schedule.pause': byId(scheduleThere),
  'schedule.resume': byId(scheduleThere),
  'schedule.trigger': byId(scheduleThere),
  'schedule.preview': [{ before: scheduleThere, data: (id) => ({ id, limit: 10 }) }],
  'schedule.search': search({ tags: { name: 'value' } }),
  'debug.start': [{ data: () => ({}) }],
  'debug.stop': [{ data: () => ({}) }],
  'debug.reset': [{ data: () => ({}) }],
  'debug.snap': [{ data: () => ({}) }],
  'debug.tick': [{ data: () => ({ time: 0 }) }],
};

const HEAD: Record<Exclude<keyof Head, 'debugTime'> | 'resonate:debug_time', string | number> = {
  ...{ corrId: 'c', version: '2026-04-01', auth: 'none', 'resonate:debug_time': 0 },
  ...{ traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=b' },
};

/** The fields that the protocol declares for a kind, as paths: `action.data.id`, `tasks.0.version`. */
export function declaredFields(kind: Kind): string[] {
  return [...new Set(leaves(REQUESTS[kind]))];
}

function leaves(schema: z.core.$ZodType): string[] {
  const below = (name: string, inner: z.core.$ZodType) => {
    const paths = leaves(inner);
    return paths.length === 0 ? [name] : paths.map((path) => `${name}.${path}`);
  };
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape as z.core.$ZodShape).flatMap(([name, inner]) => below(name, inner));
  if (schema instanceof z.ZodArray) return below('0', schema.element);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(leaves);
  return [];
}

/** The value at a path; undefined when there is none. */
export function valueAt(data: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => (at as Data | undefined)?.[name], data);
}

const SIZES = [10, 1_000, 100_000];
const LARGEST = 2_000_000;
/** Structures that are refused at once are sent in fewer sizes. */
const DEEP_OR_WIDE = [1_000, 100_000];

/**
 * The server refuses lone surrogates, and NUL in most fields: they are sent in all sizes. It stores the other texts, which
 * differ from plain ones only in their bytes, so they are sent only in the smaller sizes.
 */
const ODD = {
  'lone surrogates': { odd: '\ud800', sizes: SIZES },
  NUL: { odd: '\u0000', sizes: SIZES },
  astral: { odd: '\u{1F600}', sizes: SIZES.slice(0, 2) },
  combining: { odd: 'e\u0301\u0323', sizes: SIZES.slice(0, 2) },
};

/** A replacement of a field's value, as JSON. */
interface Filler {
  name: string;
  json: string;
}

const text = (size: number): Filler => ({ name: `${size} characters`, json: `"${'x'.repeat(size)}"` });
const deep = (size: number): Filler => ({ name: `${size} brackets`, json: '['.repeat(size) + ']'.repeat(size) });
const list = (size: number): Filler => ({ name: `a list of ${size}`, json: `[${'"",'.repeat(size - 1)}""]` });
const map = (size: number): Filler => {
  const entries = Array.from({ length: size }, (_, index) => `"${index}":""`);
  return { name: `a map of ${size}`, json: `{${entries.join()}}` };
};
const digits = (size: number): Filler => ({ name: `${size} digits`, json: '1'.repeat(size) });

const TEXTS = [
  ...[...SIZES, LARGEST].map(text),
  ...Object.entries(ODD).flatMap(([name, { odd, sizes }]) =>
    sizes.map((size) => ({ name: `${size} ${name}`, json: JSON.stringify(odd.repeat(size / odd.length)) })),
  ),
];
const STRUCTURES = DEEP_OR_WIDE.flatMap((size) => [deep(size), list(size), map(size)]);
const NUMBERS = SIZES.map(digits);
const SMALL = TEXTS.slice(0, SIZES.length);

/** @param at JSON text in which `@` marks the place of the filler. */
function inside(what: string, at: string, fillers: readonly Filler[]): Filler[] {
  return fillers.map(({ name, json }) => ({ name: `${what} of ${name}`, json: at.replace('@', () => json) }));
}

const MAPS = [
  ...inside('a name', '{@:"value"}', TEXTS),
  ...inside('a value', '{"name":@}', TEXTS),
  ...SIZES.slice(0, 2).map(map),
];
const VALUES = [...inside('data', '{"data":@}', TEXTS), ...inside('headers', '{"headers":@}', [...MAPS])];

/** The replacements for a valid value. */
function fillersFor(value: unknown): readonly Filler[] {
  if (typeof value === 'number') return [...NUMBERS, ...SMALL, ...STRUCTURES];
  if (typeof value === 'string') return [...TEXTS, ...STRUCTURES, ...NUMBERS.slice(0, 1)];
  if (value === VALUE) return [...VALUES, ...STRUCTURES, ...SMALL];
  return [...MAPS, ...STRUCTURES, ...SMALL];
}

interface SizedRequest {
  name: string;
  /** Requests to send first. */
  before: readonly string[];
  body: string;
}

const PLACE = '"@place@"';
const HEAD_JSON = { corrId: HEAD.corrId, version: HEAD.version };
const bodyOf = (kind: string, data: unknown) => JSON.stringify({ kind, head: HEAD_JSON, data });

/** Every field of every kind and of the envelope with every filler. A generator, because all of them are hundreds of MB. */
export function* sizedRequests(): Generator<SizedRequest> {
  let count = 0;
  for (const kind of Object.keys(ROWS) as Kind[]) {
    for (const row of ROWS[kind]) {
      for (const field of declaredFields(kind)) {
        const value = valueAt(row.data('x'), field);
        for (const filler of value === undefined ? [] : fillersFor(value)) {
          const id = `sized.${count++}`;
          yield {
            name: `${kind} ${field}: ${filler.name}`,
            before: (row.before?.(id) ?? []).map(([before, data]) => bodyOf(before, data)),
            body: filled(bodyOf(kind, withPlace(row.data(id), field)), filler),
          };
        }
      }
    }
  }
  yield* envelopes();
  yield* manyItems();
}

function* envelopes(): Generator<SizedRequest> {
  const whole = { kind: 'promise.get', head: HEAD, data: { id: 'none' } };
  for (const field of ['kind', 'head', 'data', ...Object.keys(HEAD).map((name) => `head.${name}`)]) {
    for (const filler of fillersFor(valueAt(whole, field))) {
      yield {
        name: `${field} of the envelope: ${filler.name}`,
        before: [],
        body: filled(JSON.stringify(withPlace(whole, field)), filler),
      };
    }
  }
  for (const filler of [deep(LARGEST / 2), list(LARGEST / 3), map(LARGEST / 20)]) {
    yield {
      name: `a field that is unknown: ${filler.name}`,
      before: [],
      body: filled(bodyOf('promise.get', { id: 'none' }).replace('{', `{"extra":${PLACE},`), filler),
    };
  }
}

const MOST_ITEMS = 20_000;

/** Lists as long as a body allows. Some of the objects that they name exist. */
function* manyItems(): Generator<SizedRequest> {
  const before = (id: string) =>
    [...taskHeld(id), ...promiseThere(other(id))].map(([kind, data]) => bodyOf(kind, data));
  for (const size of [1_000, MOST_ITEMS]) {
    const awaited = (index: number) => (index === 0 ? other('many') : `many.${index}`);
    const callback = (index: number, awaiter: string) => ({
      kind: 'promise.register_callback',
      data: { awaited: awaited(index), awaiter },
    });
    const id = `many.suspend.${size}`;
    const actions = Array.from({ length: size / 2 }, (_, index) => callback(index, id));
    yield {
      name: `task.suspend: ${actions.length} actions`,
      before: before(id),
      body: bodyOf('task.suspend', { ...held(id), actions }),
    };
    const tasks = Array.from({ length: size }, (_, index) => held(index === 0 ? id : `none.${index}`));
    yield {
      name: `task.heartbeat: ${size} tasks`,
      before: [],
      body: bodyOf('task.heartbeat', { pid: 'worker', tasks }),
    };
  }
}

/** A copy with the placeholder at the path. Only the path is followed, because names of `tags` may contain dots. */
function withPlace(data: Data, path: string): unknown {
  const copy = structuredClone(data);
  const names = path.split('.');
  const last = names.pop() ?? '';
  const holder = names.length === 0 ? copy : (valueAt(copy, names.join('.')) as Data);
  holder[last] = '@place@';
  return copy;
}

function filled(body: string, { json }: Filler): string {
  return body.replace(PLACE, () => json);
}
