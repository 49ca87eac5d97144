import type { StringMap, Value } from '@resonate/protocol';
import { nextOccurrence, type CronDialect } from '@resonate/protocol';
import { Refusal } from './state.ts';

/**
 * Reads the fields of a request's `data` by the rules of protocol section 3. It is independent of the validation in
 * @resonate/protocol, so that a fault in one of them shows as a difference. Only cron expressions are checked with that
 * package's `nextOccurrence`.
 */
export class Fields {
  readonly #json: Record<string, unknown>;

  constructor(json: unknown) {
    this.#json = asObject(json, 'data');
  }

  has(name: string): boolean {
    return this.#json[name] !== undefined && this.#json[name] !== null;
  }

  text(name: string): string {
    const value = this.#json[name];
    if (typeof value !== 'string' || value === '') throw bad(`${name} must be a non-empty string`);
    if (value.includes('\u0000')) throw bad(`${name} must not contain NUL`);
    return value;
  }

  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  integer(name: string, min: number): number {
    const value = this.#json[name];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min) {
      throw bad(`${name} must be an integer of at least ${min}`);
    }
    return value;
  }

  limit(whenAbsent: number, max = 1000): number {
    if (!this.has('limit')) return whenAbsent;
    const limit = this.integer('limit', 1);
    if (limit > max) throw bad(`limit must be at most ${max}`);
    return limit;
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const value = this.#json[name];
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) throw bad(`${name} must be one of ${allowed.join(', ')}`);
    return found;
  }

  optionalOneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    return this.has(name) ? this.oneOf(name, allowed) : undefined;
  }

  stringMap(name: string): StringMap {
    return this.has(name) ? asStringMap(this.#json[name], name) : {};
  }

  value(name: string): Value {
    if (!this.has(name)) return {};
    const json = asObject(this.#json[name], name);
    const value: Value = {};
    if (json['headers'] !== undefined && json['headers'] !== null) {
      value.headers = asStringMap(json['headers'], `${name}.headers`);
    }
    if (json['data'] !== undefined && json['data'] !== null) {
      if (typeof json['data'] !== 'string') throw bad(`${name}.data must be a string`);
      value.data = json['data'];
    }
    return value;
  }

  inner(name: string): Fields {
    return new Fields(this.#json[name]);
  }

  list(name: string): Fields[] {
    const value = this.#json[name];
    if (!Array.isArray(value)) throw bad(`${name} must be a list`);
    return value.map((entry) => new Fields(entry));
  }

  address(name: string): string {
    const address = this.text(name);
    if (!isAddress(address)) throw bad(`${name} is not an address`);
    return address;
  }

  timezone(name: string): string {
    const timezone = this.text(name);
    // Node also accepts offsets, which are not names of the IANA database.
    if (/^[+-]/.test(timezone)) throw bad(`${name} is an offset`);
    try {
      new Date().toLocaleString('en', { timeZone: timezone });
    } catch {
      throw bad(`${name} is not a time zone`);
    }
    return timezone;
  }

  cron(name: string, cronDialect: CronDialect): string {
    const cron = this.text(name);
    try {
      if (nextOccurrence({ cron, cronDialect }, 0) !== null) return cron;
    } catch {
      // Refused below, like an expression that never occurs.
    }
    throw bad(`${name} is not a cron expression`);
  }
}

export function bad(message: string): Refusal {
  return new Refusal(400, message);
}

/** Section 6: the shapes of addresses. */
export function isAddress(text: string): boolean {
  if (/^https?:\/\/./.test(text)) return URL.canParse(text);
  if (/^poll:\/\/any@[^/]+(\/[^/]+)?$/.test(text)) return true;
  if (/^poll:\/\/uni@[^/]+\/[^/]+$/.test(text)) return true;
  if (/^gcps:\/\/[^/]+\/[^/]+$/.test(text)) return true;
  if (text.startsWith('kafka://')) return isTopic(text.slice('kafka://'.length).split('/'));
  if (text.startsWith('sqs://')) return isQueue(text.slice('sqs://'.length).split('/'));
  return /^bash:\/\/($|bash$|docker\/.|tensorlake(\/|$))/.test(text);
}

/** Kafka: TOPIC, or CLUSTER and TOPIC. */
function isTopic(parts: readonly string[]): boolean {
  const topic = parts.at(-1);
  return parts.length <= 2 && parts.every((part) => /^[\w.-]{1,249}$/.test(part)) && topic !== '.' && topic !== '..';
}

/** SQS: QUEUE, REGION and QUEUE, or HOST, ACCOUNT and QUEUE. */
function isQueue(parts: readonly string[]): boolean {
  const queue = parts.at(-1)!;
  if (queue.length > 80 || !/^[\w-]+(\.fifo)?$/.test(queue)) return false;
  const [first = '', account = ''] = parts;
  if (parts.length === 1) return true;
  if (parts.length === 2) return /^[a-z]{2,}(-[a-z]+)+-\d+$/.test(first);
  return parts.length === 3 && /^[a-zA-Z\d.-]+(:\d{1,5})?$/.test(first) && /^\d{1,20}$/.test(account);
}

function asObject(json: unknown, name: string): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw bad(`${name} must be an object`);
  return json as Record<string, unknown>;
}

function asStringMap(json: unknown, name: string): StringMap {
  const object = asObject(json, name);
  for (const value of Object.values(object)) {
    if (typeof value !== 'string') throw bad(`${name} must map strings to strings`);
  }
  return { ...(object as StringMap) };
}
