/** Shows the progress of a long-running command as one line on a terminal. Elsewhere it prints nothing. */
export class Progress {
  readonly #shown: boolean;

  /**
   * @param beside the stream to which the command prints at the same time. If it is a terminal, no progress is shown.
   */
  constructor(beside?: NodeJS.WriteStream) {
    this.#shown = process.stderr.isTTY && !beside?.isTTY;
  }

  say(text: string): void {
    if (this.#shown) process.stderr.write(`\r\x1b[K${text}`);
  }

  /** Removes the line. */
  done(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K');
  }
}
