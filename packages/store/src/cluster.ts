import { randomBytes } from 'node:crypto';
import type { Dialect, Leadership } from './dialect.ts';
import type { StoreEvents } from './events.ts';
import type { Heartbeat, ProcessRow } from './tables.ts';

const SECRET_BYTES = 32;

/** What the processes that share a database know of each other: who runs, who leads, and common secrets. */
export class Cluster {
  readonly #dialect: Dialect;
  readonly #processId: string;
  readonly #measured: StoreEvents['measured'];

  constructor(dialect: Dialect, processId: string, measured: StoreEvents['measured']) {
    this.#dialect = dialect;
    this.#processId = processId;
    this.#measured = measured;
  }

  /** See `Dialect.elect`. @throws StoreUnavailable. @returns null while another process holds the role. */
  elect(role: string): Promise<Leadership | null> {
    return this.#measured('elect', () => this.#dialect.elect(role, this.#processId));
  }

  /** Writes the row of this process, with the database's clock as the time of its heartbeat. */
  heartbeat(process: Heartbeat): Promise<void> {
    return this.#measured('heartbeat', () => this.#dialect.heartbeat(process));
  }

  /** Every process that has a row, by id. */
  processes(): Promise<ProcessRow[]> {
    return this.#dialect.processes();
  }

  removeProcesses(ids: readonly string[]): Promise<void> {
    return this.#dialect.removeProcesses(ids);
  }

  /**
   * A random secret that all processes share. The first one that needs it creates it, and it stays in the database.
   * @param name what it is for.
   */
  async secret(name: string): Promise<Buffer> {
    const { plain } = this.#dialect;
    const key = `secret.${name}`;
    let text = await this.#dialect.readSetting(key);
    if (text === null) {
      const fresh = randomBytes(SECRET_BYTES).toString('base64url');
      // Two processes may come here at once. The first insert wins, and both read what it wrote.
      await plain.atomically([{ sql: plain.words.insertNew('settings', 'SELECT ?, ?'), params: [key, fresh] }]);
      text = await this.#dialect.readSetting(key);
    }
    if (text === null) throw new Error(`the secret ${name} could not be stored`);
    return Buffer.from(text, 'base64url');
  }
}
