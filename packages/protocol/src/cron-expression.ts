import { Cron } from 'croner';

/**
 * Two dialects of cron expressions:
 * - `resonate`, the public server's. Weekday numbers are 1 (Sunday) to 7 (Saturday). A day must match day of month
 *   AND weekday. Ranges go upwards. A step may follow a number (`5/15`) and may be larger than the field.
 * - `unix`, that of cron(8). Weekday numbers are 0 (Sunday) to 7 (Sunday again). If both day of month and weekday are
 *   given, one of them must match. It also has `L`, `W` and `#`.
 */
export const CRON_DIALECTS = ['resonate', 'unix'] as const;
export type CronDialect = (typeof CRON_DIALECTS)[number];

/** Maximum length of an expression, characters. The longest useful expressions name every minute of an hour. */
export const MAX_CRON_LENGTH = 256;

const SHORTHANDS: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 0 1 1 *'],
  ['@monthly', '0 0 0 1 * *'],
  ['@weekly', '0 0 0 * * SUN'],
  ['@daily', '0 0 0 * * *'],
  ['@hourly', '0 0 * * * *'],
]);

interface Field {
  name: string;
  min: number;
  max: number;
  /** Names in lower case. */
  names?: ReadonlyMap<string, number>;
  /** `?` stands for `*`. */
  mayBeAny?: true;
  /** Added to weekday numbers for croner, which counts from 0. */
  shift?: number;
}

function named(start: number, words: string): ReadonlyMap<string, number> {
  return new Map(words.split(' ').flatMap((word, index) => word.split('|').map((name) => [name, start + index])));
}

const WEEKDAYS = named(
  1,
  'sun|sunday mon|monday tue|tues|tuesday wed|wednesday thu|thurs|thursday fri|friday sat|saturday',
);
const MONTHS = named(
  1,
  'jan|january feb|february mar|march apr|april may jun|june jul|july aug|august sep|sept|september oct|october nov|november dec|december',
);

const YEAR: Field = { name: 'year', min: 1970, max: 9999 };
const FIELDS: readonly Field[] = [
  { name: 'second', min: 0, max: 59 },
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31, mayBeAny: true },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'day of week', min: 1, max: 7, names: WEEKDAYS, mayBeAny: true, shift: -1 },
  YEAR,
];

/** `*`, a number, a name, or a range of them, optionally with a step. */
const PART = /^(?:([*?])|(\d{1,4})(?:-(\d{1,4}))?|([a-z]+)(?:-([a-z]+))?)(?:\/(\d{1,9}))?$/i;

/** What is wrong with an expression, for the client. */
export class InvalidCron extends Error {
  override readonly name = 'InvalidCron';
}

/** The fields of an expression, seconds first. Shorthands such as `@daily` are expanded. */
export function cronFields(expression: string): string[] {
  const trimmed = expression.trim();
  const fields = (SHORTHANDS.get(trimmed) ?? trimmed).split(/\s+/);
  return fields.length === 5 ? ['0', ...fields] : fields;
}

/**
 * Reads an expression.
 * @param timezone IANA name.
 * @throws InvalidCron
 */
export function parseCron(expression: string, dialect: CronDialect, timezone: string): Cron {
  return ruleOf(patternOf(expression, dialect), dialect, timezone);
}

/**
 * Whether an expression ever occurs. croner searches 400 years, or with a year in the expression all years until 9999,
 * which takes seconds. One year of each kind is enough.
 * @throws InvalidCron
 */
export function occurs(expression: string, dialect: CronDialect): boolean {
  const pattern = patternOf(expression, dialect);
  ruleOf(pattern, dialect, 'UTC');
  const years = oneOfEachKind(pattern[YEAR_FIELD] ?? '*');
  if (years.length === 0) return false;
  const rule = ruleOf([...pattern.slice(0, YEAR_FIELD), years.join(',')], dialect, 'UTC');
  return rule.nextRun(new Date(0)) !== null;
}

/** The fields in croner's syntax. @throws InvalidCron */
function patternOf(expression: string, dialect: CronDialect): string[] {
  if (expression.length > MAX_CRON_LENGTH)
    throw new InvalidCron(`must not be longer than ${MAX_CRON_LENGTH} characters`);
  const fields = cronFields(expression);
  if (fields.length < 6 || fields.length > 7) {
    throw new InvalidCron(
      'must have 5 fields, or 6-7 with leading seconds, or be @yearly, @monthly, @weekly, @daily or @hourly',
    );
  }
  return dialect === 'unix' ? fields : fields.map(translated);
}

function ruleOf(pattern: readonly string[], dialect: CronDialect, timezone: string): Cron {
  try {
    return new Cron(pattern.join(' '), { timezone, paused: true, domAndDow: dialect === 'resonate' });
  } catch {
    throw new InvalidCron('is not a valid expression');
  }
}

const YEAR_FIELD = FIELDS.indexOf(YEAR);
/** A part of the field in croner's syntax: `*`, a year or a range, optionally with a step. */
const YEARS_PART = /^(?:[*?]|(\d{1,4})(?:-(\d{1,4}))?)(?:\/(\d{1,9}))?$/;
/** Leap years and others, beginning on each of the weekdays. The dates of an expression depend on nothing else. */
const KINDS_OF_YEARS = 14;

/** The first year of each kind that the field contains. */
function oneOfEachKind(field: string): number[] {
  const found = new Map<string, number>();
  for (const part of field.split(',')) {
    const [, first, last, step = '1'] = YEARS_PART.exec(part) ?? [];
    const from = first === undefined ? 0 : Number(first);
    const to = first === undefined ? YEAR.max : Number(last ?? first);
    for (let year = from; year <= to && found.size < KINDS_OF_YEARS; year += Math.max(1, Number(step))) {
      if (year >= YEAR.min && !found.has(kindOf(year))) found.set(kindOf(year), year);
    }
  }
  return [...found.values()];
}

function kindOf(year: number): string {
  const [newYear, nextOne] = [new Date(Date.UTC(year, 0)), new Date(Date.UTC(year + 1, 0))];
  return `${newYear.getUTCDay()} ${nextOne.getUTCDay()}`;
}

/** A field of the public dialect in croner's syntax: numbers, ranges, and steps that fit into them. */
function translated(text: string, index: number): string {
  const field = FIELDS[index] as Field;
  return text
    .split(',')
    .map((part) => translatedPart(part, field))
    .join(',');
}

function translatedPart(part: string, field: Field): string {
  const match = PART.exec(part);
  const [, all, first, last, firstName, lastName, stepText] = match ?? [];
  const isStepOfName = firstName !== undefined && lastName === undefined && stepText !== undefined;
  if (!match || (all === '?' && !field.mayBeAny) || isStepOfName) throw wrong(part, field);
  const step = Number(stepText ?? 1);
  if (step < 1) throw wrong(part, field);
  if (all !== undefined && step === 1) return '*';
  const from = all === undefined ? value(first, firstName, part, field) : field.min;
  const to = lastOf();
  if (from > to) throw wrong(part, field);
  const shift = field.shift ?? 0;
  if (from === to || step > to - from) return String(from + shift);
  return `${from + shift}-${to + shift}/${step}`;

  function lastOf(): number {
    if (last !== undefined || lastName !== undefined) return value(last, lastName, part, field);
    return all !== undefined || stepText !== undefined ? field.max : from;
  }
}

function value(number: string | undefined, name: string | undefined, part: string, field: Field): number {
  const found = number === undefined ? field.names?.get((name ?? '').toLowerCase()) : Number(number);
  if (found === undefined || found < field.min || found > field.max) throw wrong(part, field);
  return found;
}

function wrong(part: string, { name, min, max, names }: Field): InvalidCron {
  const hint = names === WEEKDAYS ? ` (1 is Sunday, 7 is Saturday; names such as MON are clearer)` : '';
  return new InvalidCron(`has ${JSON.stringify(part)} as ${name}, which goes from ${min} to ${max}${hint}`);
}

const WEEKDAY_FIELD = FIELDS.findIndex(({ names }) => names === WEEKDAYS);
const WEEKDAY_NAMES = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/**
 * A hint if a weekday is written as a number, because the other dialect numbers weekdays differently; null otherwise.
 */
export function weekdayHint(expression: string, dialect: CronDialect = 'resonate'): string | null {
  const field = cronFields(expression)[WEEKDAY_FIELD];
  const number = field?.split(',').flatMap((part) => /^\d/.exec(part) ?? [])[0];
  if (number === undefined) return null;
  const index = dialect === 'unix' ? Number(number) % 7 : Number(number) - 1;
  const name = WEEKDAY_NAMES[index];
  return name === undefined
    ? null
    : `Day of week ${number} is ${name}. Write the name: the dialects number weekdays differently.`;
}
