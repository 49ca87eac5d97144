import type { Random } from '@resonate/testkit';

/** Damages requests in their structure or in the bytes of their JSON. */

const NUMBERS = [0, -0, -1, 1, 0.5, 1e-9, 2 ** 31, 2 ** 53, 2 ** 63, -(2 ** 63), 1e19, 1e308, Date.now(), 1000, 1001];
const TEXTS = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    'null',
    'true',
    'w0',
    'w1',
    'pending',
    'resolved',
    'promise.create',
    'task.acquire',
    'a'.repeat(5_000),
  ],
  ...[
    '\u0000',
    'a\u0000b',
    '\ud800',
    '\udfff\ud800',
    '\u2028',
    '\ufeff',
    'ﬀ',
    '𝒙',
    '💥',
    "'; DROP TABLE promises; --",
    '%',
    '_',
    '\\',
  ],
  ...['__proto__', 'constructor', 'toString', '{{.id}}', '{{.timestamp}}', '* * * * *', '0 0 31 2 *', 'every day'],
  ...[
    'poll://any@g1',
    'poll://',
    'poll://uni@g',
    'http://',
    'http://[::1',
    'gcps://p/t',
    'bash://docker/',
    'http://a b/',
  ],
];
const KEYS = [
  'id',
  'kind',
  'data',
  'head',
  'tags',
  'param',
  'headers',
  '',
  '__proto__',
  'constructor',
  'resonate:delay',
  '\u0000',
  'é',
];

interface Place {
  holder: Record<string, unknown> | unknown[];
  key: string | number;
}

/** A body with `request`: unchanged, damaged in one to three places, or with damaged bytes. */
export function mutated(random: Random, request: object): { body: Buffer; isValid: boolean } {
  const way = random.weighted({ none: 3, structure: 6, bytes: 3 });
  if (way === 'none') return { body: Buffer.from(JSON.stringify(request)), isValid: true };
  const root = { request: structuredClone(request) as unknown };
  if (way === 'structure') {
    for (let count = random.int(1, 3); count > 0; count--) damage(random, root);
    return { body: Buffer.from(JSON.stringify(root.request) ?? ''), isValid: false };
  }
  return { body: damagedBytes(random, Buffer.from(JSON.stringify(request))), isValid: false };
}

function damage(random: Random, root: Record<string, unknown>): void {
  const places = placesIn(root);
  if (places.length === 0) return;
  const { holder, key } = random.pick(places);
  const at = holder as Record<string | number, unknown>;
  const way = random.weighted({ remove: 3, junk: 6, swap: 2, rename: 1, repeat: 1 });
  if (way === 'remove') delete at[key];
  else if (way === 'junk') at[key] = junk(random, 3);
  else if (way === 'swap') at[key] = valueAt(random.pick(places));
  else if (way === 'repeat') at[key] = Array.from({ length: random.int(2, 5) }, () => at[key]);
  else if (!Array.isArray(holder)) {
    // Not assigned, so that `__proto__` becomes an ordinary key.
    Object.defineProperty(holder, random.pick(KEYS), {
      value: at[key],
      enumerable: true,
      configurable: true,
      writable: true,
    });
    delete at[key];
  }
}

/** Every place of a JSON value that has a value. */
function placesIn(holder: Place['holder']): Place[] {
  return Object.entries(holder).flatMap(([key, value]) => {
    const here: Place[] = [{ holder, key }];
    return typeof value === 'object' && value !== null ? [...here, ...placesIn(value as Place['holder'])] : here;
  });
}

/** A copy, so that no value contains itself. */
function valueAt({ holder, key }: Place): unknown {
  return structuredClone((holder as Record<string | number, unknown>)[key]);
}

function junk(random: Random, depth: number): unknown {
  const nested = depth > 0 ? 1 : 0;
  switch (
    random.weighted({ empty: 2, flag: 1, number: 4, text: 5, random: 1, list: nested, object: nested, deep: 0.3 })
  ) {
    case 'empty':
      return null;
    case 'flag':
      return random.chance(0.5);
    case 'number':
      return random.pick(NUMBERS);
    case 'text':
      return random.pick(TEXTS);
    case 'random':
      return String.fromCharCode(...Array.from({ length: random.int(1, 20) }, () => random.int(0, 0xffff)));
    case 'list':
      return Array.from({ length: random.int(0, 3) }, () => junk(random, depth - 1));
    case 'object':
      return Object.fromEntries(
        Array.from({ length: random.int(0, 3) }, () => [random.pick(KEYS), junk(random, depth - 1)]),
      );
    case 'deep':
      return JSON.parse('['.repeat(300) + ']'.repeat(300));
  }
}

function damagedBytes(random: Random, bytes: Buffer): Buffer {
  const at = random.int(0, bytes.length - 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (random.pick(['cut', 'flip', 'insert', 'repeat', 'remove', 'number'] as const)) {
    case 'cut':
      return before;
    case 'flip': {
      const flipped = Buffer.from(bytes);
      flipped[at] = random.int(0, 255);
      return flipped;
    }
    case 'insert':
      return Buffer.concat([
        before,
        Buffer.from(Array.from({ length: random.int(1, 4) }, () => random.int(0, 255))),
        after,
      ]);
    case 'repeat':
      return Buffer.concat([before, after.subarray(0, random.int(1, 40)), after]);
    case 'remove':
      return Buffer.concat([before, after.subarray(random.int(1, 40))]);
    case 'number':
      return Buffer.from(
        bytes.toString('utf8').replace(/\d{3,}/, random.pick(['1e999', '-1e999', '9'.repeat(400), '1e-400', '0x10'])),
      );
  }
}
