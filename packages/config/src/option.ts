/**
 * The kinds of options. Each function declares one option: its default, limits and description, and how its value is
 * read from text (environment, flags) and from a typed value (resonate.toml, code).
 */
import { parseDuration } from './duration.ts';

export type OptionKind = 'string' | 'url' | 'integer' | 'boolean' | 'choice' | 'list' | 'duration';

export interface Option<V> {
  readonly kind: OptionKind;
  /** null: unset. */
  readonly default: V;
  readonly describe: string;
  /** The allowed values, for error messages and documents: "an integer from 0 to 65535". */
  readonly allowed: string;
  /** True if the value must never be shown. */
  readonly secret: boolean;
  /** A second spelling of the key, accepted on every layer. Only lists have one, so both may be given. */
  readonly alias: string | null;
  readonly choices: readonly string[] | null;
  /** @returns the value, or undefined if the text is not allowed. */
  fromText(text: string): V | undefined;
  /** @returns the value, or undefined if `value` has the wrong type or is not allowed. */
  fromValue(value: unknown): V | undefined;
}

export type Duration<V> = Option<V> & { readonly kind: 'duration' };

/** The type of an option's value. If the default is null, the value may be null (unset). */
type ValueOf<V, D> = null extends D ? V | null : V;

interface Common<D> {
  default: D;
  describe: string;
  secret?: boolean;
}

function base<D>(spec: Common<D>) {
  return { describe: spec.describe, secret: spec.secret ?? false, alias: null, choices: null };
}

interface Bounds {
  min: number;
  max: number;
}

function within(value: unknown, { min, max }: Bounds): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined;
}

const DIGITS = /^-?\d{1,16}$/;

export function integer<D extends number | null>(spec: Common<D> & Bounds): Option<ValueOf<number, D>> {
  return {
    ...base(spec),
    kind: 'integer',
    default: spec.default as ValueOf<number, D>,
    allowed: `an integer from ${spec.min} to ${spec.max}`,
    fromText: (text) => (DIGITS.test(text) ? within(Number(text), spec) : undefined),
    fromValue: (value) => within(value, spec),
  };
}

/** Milliseconds, also for `min` and `max`. */
export function duration<D extends number | null>(spec: Common<D> & Bounds): Duration<ValueOf<number, D>> {
  const fromText = (text: string) => within(DIGITS.test(text) ? Number(text) : parseDuration(text), spec);
  return {
    ...base(spec),
    kind: 'duration',
    default: spec.default as ValueOf<number, D>,
    allowed: `milliseconds from ${spec.min} to ${spec.max}, or a duration such as 500ms, 15s, 1h30m`,
    fromText,
    fromValue: (value) => (typeof value === 'string' ? fromText(value) : within(value, spec)),
  };
}

const BOOLEANS = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

export function bool(spec: Common<boolean>): Option<boolean> {
  return {
    ...base(spec),
    kind: 'boolean',
    default: spec.default,
    allowed: 'true or false',
    fromText: (text) => BOOLEANS.get(text.toLowerCase()),
    fromValue: (value) => (typeof value === 'boolean' ? value : undefined),
  };
}

export function choice<const C extends readonly string[]>(spec: Common<C[number]> & { choices: C }): Option<C[number]> {
  const pick = (value: unknown): C[number] | undefined => spec.choices.find((known) => known === value);
  return {
    ...base(spec),
    kind: 'choice',
    default: spec.default,
    choices: spec.choices,
    allowed: `one of ${spec.choices.join(', ')}`,
    fromText: pick,
    fromValue: pick,
  };
}

interface Checked {
  /** Describes what `check` requires, for error messages. */
  allowed?: string;
  check?: (text: string) => boolean;
}

const MAX_TEXT = 4096;
/** Control characters would break header lines, log lines and paths. */
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Blank text is refused. It is usually a mistake, and an empty value would often turn a check off. */
function clean(value: unknown, check?: (text: string) => boolean): string | undefined {
  if (typeof value !== 'string' || value.trim() === '' || value.length > MAX_TEXT || CONTROL.test(value))
    return undefined;
  return check && !check(value) ? undefined : value;
}

export function text<D extends string | null>(spec: Common<D> & Checked): Option<ValueOf<string, D>> {
  const read = (value: unknown) => clean(value, spec.check) as ValueOf<string, D> | undefined;
  return {
    ...base(spec),
    kind: 'string',
    default: spec.default as ValueOf<string, D>,
    allowed: spec.allowed ?? 'a non-empty string',
    fromText: read,
    fromValue: read,
  };
}

interface UrlSpec extends Common<null> {
  schemes: readonly string[];
  /** True if the driver also accepts `host:1,host:2`, which is not a URL by the standard. */
  severalHosts?: boolean;
  example: string;
}

/** `x://user@a:1,b:2/path` -> `x://user@a:1/path` */
function withoutOtherHosts(text: string): string {
  return text.replaceAll(/,[^,/?#@]*(?=[,/?#]|$)/g, '');
}

/**
 * A URL with one of `schemes`. If it is secret, it may contain a password, and the password is masked when it is shown.
 */
export function url(spec: UrlSpec): Option<string | null> {
  const check = (value: string) => {
    const checked = spec.severalHosts ? withoutOtherHosts(value) : value;
    return URL.canParse(checked) && spec.schemes.includes(new URL(checked).protocol.slice(0, -1));
  };
  const read = (value: unknown) => clean(value, check);
  return {
    ...base(spec),
    kind: 'url',
    default: null,
    allowed: `a URL such as ${spec.example}`,
    fromText: read,
    fromValue: read,
  };
}

const MAX_ITEMS = 1000;

/**
 * Several strings: a repeated flag, comma-separated text (square brackets allowed), or an array in resonate.toml, whose
 * items may contain commas. A list that is given must have at least one item, and no item may be blank. The list is empty
 * only if the option is left out.
 */
export function list(spec: Common<readonly string[]> & Checked & { alias?: string }): Option<readonly string[]> {
  const fromValue = (value: unknown): readonly string[] | undefined => {
    const items = typeof value === 'string' ? splitList(value) : value;
    if (!Array.isArray(items) || items.length === 0 || items.length > MAX_ITEMS) return undefined;
    const checked = items.map((item) => clean(item, spec.check));
    return checked.includes(undefined) ? undefined : [...new Set(checked as string[])];
  };
  return {
    ...base(spec),
    kind: 'list',
    alias: spec.alias ?? null,
    default: spec.default,
    allowed: spec.allowed ?? 'non-empty strings',
    fromText: fromValue,
    fromValue,
  };
}

/** A host such as `[::1]`, whose brackets are not those of a list. */
const IPV6_HOST = /^\[[0-9a-f:.]*:[0-9a-f:.]*\](?::\d+)?$/i;

export function splitList(value: string): string[] {
  const hasBrackets = value.startsWith('[') && value.endsWith(']');
  const areAddresses = value.split(',').every((item) => IPV6_HOST.test(item.trim()));
  const inner = hasBrackets && !areAddresses ? value.slice(1, -1) : value;
  return inner.split(',').map((item) => item.trim().replace(/^(["'])(.*)\1$/, '$2'));
}
