/** One line on a terminal that tells how far a long command is; nothing anywhere else. */
export class Progress {
  readonly #shown: boolean;

  /** @param beside what the command prints meanwhile; on a terminal the two would overwrite each other. */
  constructor(beside?: NodeJS.WriteStream) {
    this.#shown = process.stderr.isTTY && !beside?.isTTY;
  }

  say(text: string): void {
    if (this.#shown) process.stderr.write(`\r\x1b[K${text}`);
  }

  /** Takes the line away. */
  done(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K');
  }
}
