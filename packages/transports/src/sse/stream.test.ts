import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { SharedBytes } from '../message-buffer.ts';
import { SETTLING_MS, Stream } from './stream.ts';

/** A connection that keeps its writes until the test lets the operating system have them. */
class Ends {
  readonly written: string[] = [];
  readonly #unflushed: (() => void)[] = [];
  ended = false;

  write(text: string, flushed: () => void): void {
    this.written.push(text);
    this.#unflushed.push(flushed);
  }

  end(): void {
    this.ended = true;
  }

  flush(count = Infinity): void {
    this.#unflushed.splice(0, count).forEach((flushed) => flushed());
  }
}

function opened(bufferSize = 2) {
  const ends = new Ends();
  const log: string[] = [];
  const stream = new Stream(
    { group: 'g', id: 'a', limits: { messages: bufferSize, bytes: 1_000_000, total: new SharedBytes(10_000_000) } },
    ends,
    () => log.push('room'),
  );
  const send = (body: string) => {
    stream.reserve();
    stream.send({ body, done: (taken) => log.push(`${body} ${taken ? 'taken' : 'lost'}`) }, 0);
  };
  return { ends, log, stream, send };
}

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('a stream that is drained', () => {
  test('accepts no more messages, and waits until written ones have settled', async () => {
    const { ends, log, stream, send } = opened(3);
    send('m');
    ends.flush();
    jest.advanceTimersByTime(SETTLING_MS / 2);
    const drained = stream.drain().then(() => log.push('drained'));
    expect(stream.room).toBe(0);
    await jest.advanceTimersByTimeAsync(SETTLING_MS / 2);
    await drained;
    expect(log).toEqual(['m taken', 'drained']);
  });

  test('does not wait without unsettled messages, and only briefly for a stalled reader', async () => {
    const idle = opened();
    await idle.stream.drain();
    const { log, stream, send } = opened();
    send('m');
    const drained = stream.drain().then(() => log.push('drained'));
    await jest.advanceTimersByTimeAsync(2 * SETTLING_MS);
    await drained;
    stream.close();
    expect(log).toEqual(['drained', 'm lost']);
  });

  test('stops waiting when the connection breaks', async () => {
    const { log, stream, send } = opened();
    send('m');
    const drained = stream.drain();
    stream.close();
    await drained;
    expect(log).toEqual(['m lost']);
  });
});

describe('the room of a stream', () => {
  test('shrinks with every reservation, and grows when that is flushed or cancelled', () => {
    const { ends, log, stream, send } = opened(3);
    expect(stream.room).toBe(3);
    stream.reserve();
    send('m');
    expect(stream.room).toBe(1);
    stream.cancel(0);
    expect(stream.room).toBe(2);
    ends.flush();
    expect(stream.room).toBe(3);
    expect(log).toEqual([]);
  });

  test('is announced when there is room again after there was none', () => {
    const { ends, log, stream, send } = opened(2);
    send('m1');
    send('m2');
    expect(stream.room).toBe(0);
    ends.flush(1);
    expect(log).toEqual(['room']);
    ends.flush(1);
    expect(log).toEqual(['room']);
    stream.reserve();
    stream.reserve();
    stream.cancel(0);
    expect(log).toEqual(['room', 'room']);
    expect(stream.room).toBe(1);
  });

  test('is zero after the stream is closed, in whatever order slots, writes and flushes end', () => {
    const { ends, log, stream, send } = opened(3);
    stream.reserve();
    stream.reserve();
    send('m1');
    stream.close();
    stream.cancel(0);
    stream.send({ body: 'm2', done: (taken) => log.push(`m2 ${taken ? 'taken' : 'lost'}`) }, 0);
    ends.flush();
    expect(stream.room).toBe(0);
    expect(log.filter((line) => line !== 'room')).toEqual(['m1 lost', 'm2 lost']);
  });
});

describe('a message', () => {
  test('is one event of one line', () => {
    const { ends, send } = opened();
    send('{"kind":"execute"}');
    expect(ends.written).toEqual(['data: {"kind":"execute"}\n\n']);
  });

  test('counts as delivered when the stream has stayed open for the settling time, not before', () => {
    const { ends, log, send } = opened();
    send('m');
    ends.flush();
    jest.advanceTimersByTime(SETTLING_MS - 1);
    expect(log).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(log).toEqual(['m taken']);
  });

  test('settles at its own time', () => {
    const { ends, log, send } = opened(10);
    send('m1');
    ends.flush();
    jest.advanceTimersByTime(SETTLING_MS / 2);
    send('m2');
    ends.flush();
    jest.advanceTimersByTime(SETTLING_MS / 2);
    expect(log).toEqual(['m1 taken']);
    jest.advanceTimersByTime(SETTLING_MS / 2);
    expect(log).toEqual(['m1 taken', 'm2 taken']);
  });

  test('is lost if the stream breaks within the settling time', () => {
    const { ends, log, stream, send } = opened(10);
    send('m1');
    ends.flush();
    jest.advanceTimersByTime(SETTLING_MS);
    send('m2');
    ends.flush();
    jest.advanceTimersByTime(SETTLING_MS - 1);
    expect(stream.close()).toBe(true);
    expect(stream.close()).toBe(false);
    jest.advanceTimersByTime(10 * SETTLING_MS);
    expect(log).toEqual(['m1 taken', 'm2 lost']);
  });

  test('that never left this process because its reader stalls is lost when the stream closes, even much later', () => {
    const { ends, log, stream, send } = opened(10);
    send('m1');
    send('m2');
    ends.flush(1);
    jest.advanceTimersByTime(100 * SETTLING_MS);
    expect(log).toEqual(['m1 taken']);
    stream.close();
    expect(log).toEqual(['m1 taken', 'm2 lost']);
  });

  test('that is flushed late starts its settling time then', () => {
    const { ends, log, send } = opened(10);
    send('m');
    jest.advanceTimersByTime(100 * SETTLING_MS);
    ends.flush();
    jest.advanceTimersByTime(SETTLING_MS - 1);
    expect(log).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(log).toEqual(['m taken']);
  });
});

test('a ping is a comment, takes no room, and is not written to a closed stream', () => {
  const { ends, stream } = opened(1);
  stream.ping();
  expect(stream.room).toBe(1);
  ends.flush();
  stream.close();
  stream.ping();
  expect(ends.written).toEqual([': ping\n\n']);
});
