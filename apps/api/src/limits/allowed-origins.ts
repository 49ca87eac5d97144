/**
 * The origins whose pages may call this server (`server.cors.allow_origins`). Their scheme and host do not depend on
 * upper and lower case.
 */
export class AllowedOrigins {
  readonly #origins: ReadonlySet<string>;

  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins.map((origin) => origin.toLowerCase()));
  }

  /** Pages of other origins may never call it. */
  get isEmpty(): boolean {
    return this.#origins.size === 0;
  }

  /** Pages of every origin may call it. */
  get hasAll(): boolean {
    return this.#origins.has('*');
  }

  has(origin: string): boolean {
    return this.hasAll || this.#origins.has(origin.toLowerCase());
  }
}
