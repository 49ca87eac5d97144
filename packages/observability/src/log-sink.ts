import { Writable } from 'node:stream';

/** Lines that wait for a reader who stalls, in bytes or characters, as the stream counts them. */
const MAX_WAITING = 1_048_576;

/** A stream that may know how much of what it was given is not written yet. */
export type LogStream = NodeJS.WritableStream & { readonly writableLength?: number };

/**
 * Writes log lines to a stream whose failures never reach the process: its reader may go away (EPIPE) or stop reading,
 * or the disk of its file may be full (ENOSPC). Lines that cannot be written are lost.
 * @param lostLine the line that says how many were lost, written once writing succeeds again.
 */
export function logSink(stream: LogStream, lostLine: (count: number) => string): Writable {
  let lost = 0;
  // An 'error' event without a listener would end the process. The callback of each write counts what is lost.
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
      // Writes to a pipe return at once, so lines for a reader who stalls would fill the memory.
      if ((stream.writableLength ?? 0) < MAX_WAITING) stream.write(chunk, written);
      else lost++;
      done();
    },
  });
}
