import { Writable } from 'node:stream';

/**
 * Writes log lines to a stream whose failures never reach the process: its reader may go away (EPIPE), or the disk of
 * its file may be full (ENOSPC). Lines that cannot be written are lost.
 * @param lostLine the line that says how many were lost, written once writing succeeds again.
 */
export function logSink(stream: NodeJS.WritableStream, lostLine: (count: number) => string): Writable {
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
      stream.write(chunk, written);
      done();
    },
  });
}
