import { describe, expect, test } from '@jest/globals';
import { SharedBytes } from '../message-buffer.ts';
import { AcknowledgedStream } from './acknowledged-stream.ts';

function opened(bufferSize = 2) {
  const log: string[] = [];
  const ends = { write: (text: string) => log.push(text), ping: () => log.push('ping'), end: () => log.push('end') };
  const stream = new AcknowledgedStream(
    { group: 'g', id: 'a', limits: { messages: bufferSize, bytes: 1_000_000, total: new SharedBytes(10_000_000) } },
    ends,
    () => log.push('room'),
  );
  const send = (body: string) => {
    stream.reserve();
    stream.send({ body, done: (taken) => log.push(`${body} ${taken ? 'taken' : 'lost'}`) }, 0);
  };
  return { stream, send, log };
}

describe('an acknowledged stream', () => {
  test('counts a message as delivered when its worker acknowledges it, not before', () => {
    const { stream, send, log } = opened(3);
    for (const body of ['1', '2', '3']) send(body);
    expect(log.splice(0)).toEqual(['1', '2', '3']);
    expect(stream.acknowledge(2)).toBe(true);
    expect(log.splice(0)).toEqual(['room', '1 taken', '2 taken']);
    expect(stream.acknowledge(2)).toBe(true);
    expect(log).toEqual([]);
    expect(stream.close()).toBe(true);
    expect(log).toEqual(['3 lost']);
  });

  test('refuses acknowledgements of messages that were not sent, and lower counts than before', () => {
    const { stream, send } = opened();
    expect(stream.acknowledge(1)).toBe(false);
    send('1');
    expect(stream.acknowledge(2)).toBe(false);
    expect(stream.acknowledge(1)).toBe(true);
    expect(stream.acknowledge(0)).toBe(false);
  });

  test('has less room for each message that was reserved and neither acknowledged nor cancelled', () => {
    const { stream, send, log } = opened(2);
    send('1');
    stream.reserve();
    expect(stream.room).toBe(0);
    stream.cancel(0);
    expect(stream.room).toBe(1);
    stream.acknowledge(1);
    expect(stream.room).toBe(2);
    expect(log).toEqual(['1', 'room', '1 taken']);
  });

  test('accepts acknowledgements after it is closed, but only for messages that were sent', () => {
    const { stream, send, log } = opened();
    send('1');
    send('2');
    stream.acknowledge(1);
    stream.close();
    log.length = 0;
    expect([stream.acknowledge(2), stream.acknowledge(3)]).toEqual([true, false]);
    expect(log).toEqual([]);
  });

  test('loses messages that are sent after it is closed, and closes only once', () => {
    const { stream, log } = opened();
    stream.reserve();
    expect([stream.close(), stream.close(), stream.room]).toEqual([true, false, 0]);
    stream.send({ body: '1', done: (taken) => log.push(String(taken)) }, 0);
    stream.ping();
    expect(log).toEqual(['false']);
  });
});
