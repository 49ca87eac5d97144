import { Writable } from 'node:stream';

/** How much may wait in the stream while its reader stalls. Bytes or characters, as the stream counts them. */
const MAX_WAITING = 1_048_576;

/** `writableLength` is how much was given to the stream and is not written yet. Some streams do not have it. */
export type LogStream = NodeJS.WritableStream & { readonly writableLength?: number };

/**
 * Writes log lines to a stream. Failures of the stream never affect the process: its reader may go away (EPIPE) or stop
 * reading, or the disk may be full (ENOSPC). Lines that cannot be written are lost.
 * @param lostLine makes the line that says how many lines were lost. It is written when writing succeeds again.
 */
export function logSink(stream: LogStream, lostLine: (count: number) => string): Writable {
  let lost = 0;
  // An 'error' event without a listener would end the process. The callback of each write counts the lost lines.
  stream.on('error', () => {});
  const written = (error?: Error | null) => {
    if (error) {
      lost++;
    } else if (lost > 0) {
      const line = lostLine(lost);
      lost = 0;
      stream.write(`${line}\n`);
    }
  };
  return new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      // Writes to a pipe return at once. Without this limit, lines for a stalled reader would fill the memory.
      if ((stream.writableLength ?? 0) < MAX_WAITING) stream.write(chunk, written);
      else lost++;
      done();
    },
  });
}
