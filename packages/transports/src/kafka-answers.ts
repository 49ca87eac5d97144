import type { Socket } from 'node:net';

/** The client buffers whole answers. The largest that is used has the partitions of one topic: below 1 MB. */
const MAX_ANSWER_BYTES = 8 << 20;
const LENGTH_BYTES = 4;

/**
 * Ends a connection that announces a longer answer. That happens if the port belongs to a server that does not speak
 * Kafka's protocol. The first four bytes of HTTP mean 1.2 GB.
 */
export function limitAnswers(socket: Socket, refused: (error: Error) => void): void {
  let length = Buffer.alloc(0);
  let rest = 0;
  socket.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length;) {
      const used = Math.min(rest > 0 ? rest : LENGTH_BYTES - length.length, chunk.length - at);
      if (rest > 0) rest -= used;
      else length = Buffer.concat([length, chunk.subarray(at, at + used)]);
      at += used;
      if (length.length < LENGTH_BYTES) continue;
      rest = length.readInt32BE();
      length = Buffer.alloc(0);
      if (rest >= 0 && rest <= MAX_ANSWER_BYTES) continue;
      const error = new Error(`the broker's answer is longer than ${MAX_ANSWER_BYTES} bytes, so it is not from Kafka`);
      refused(error);
      socket.destroy(error);
      return;
    }
  });
}
