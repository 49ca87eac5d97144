/**
 * A deep copy of JSON, made eight times as fast as by structuredClone, which took 14 % of the time of
 * `npm test -- packages/machine/test/differential`.
 */
export function copyOf<T>(json: T): T {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map(copyOf) as T;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(json)) {
    // An assignment would set the prototype. JSON.parse also defines an own property.
    if (key === '__proto__') Object.defineProperty(copy, key, { ...PLAIN, value: copyOf(value as unknown) });
    else copy[key] = copyOf(value as unknown);
  }
  return copy as T;
}

const PLAIN = { configurable: true, enumerable: true, writable: true };
