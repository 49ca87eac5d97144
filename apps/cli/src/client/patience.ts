import { ClientError } from './http.ts';

/** Outages up to this time are tolerated, because a restart takes less. A longer outage is an error. */
const MAX_OUTAGE_MS = 60_000;

/** Sends the requests of a command that waits for something. It tolerates outages of the server of up to a minute. */
export class Patience {
  #heardAt = performance.now();

  /**
   * @returns null while the server cannot be reached or is overloaded
   * @throws ClientError if the server refuses the request, or has not answered for a minute
   */
  async ask<T>(request: () => Promise<T>): Promise<T | null> {
    try {
      const answer = await request();
      this.#heardAt = performance.now();
      return answer;
    } catch (error) {
      const away = error instanceof ClientError && (error.status === null || error.status >= 500);
      if (away && performance.now() - this.#heardAt < MAX_OUTAGE_MS) return null;
      throw error;
    }
  }
}
