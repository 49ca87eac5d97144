import { describe, expect, test } from '@jest/globals';
import { SharedBytes, MessageBuffer } from './message-buffer.ts';

const MIB = 1024 * 1024;

function buffers(bytes: number, total: number) {
  const budget = new SharedBytes(total);
  let wakes = 0;
  const open = () => new MessageBuffer({ messages: 100, bytes, total: budget }, () => wakes++);
  return { budget, open, wakes: () => wakes };
}

/** Holds messages of one size until one does not fit. @returns how many were held. */
function fill(buffer: MessageBuffer, bytes: number): number {
  for (let count = 0; ; count++) {
    if (buffer.room === 0) return count;
    buffer.reserve();
    if (buffer.hold(bytes)) continue;
    buffer.release(1, 0);
    return count;
  }
}

describe('the messages that a connection holds', () => {
  test('are limited in bytes; after a release more fit', () => {
    const { budget, open, wakes } = buffers(16 * MIB, 128 * MIB);
    const buffer = open();
    expect(fill(buffer, 5 * MIB)).toBe(3);
    expect(buffer.room).toBe(0);
    expect(budget.held).toBe(15 * MIB);
    buffer.release(1, 5 * MIB);
    expect({ room: buffer.room, wakes: wakes() }).toEqual({ room: 1, wakes: 1 });
  });

  test('are limited in number if they are small', () => {
    expect(fill(buffers(16 * MIB, 128 * MIB).open(), 200)).toBe(100);
  });

  test('may be a single message of any size', () => {
    const { open } = buffers(1_024, 2_048);
    const buffer = open();
    expect(fill(buffer, MIB)).toBe(1);
    buffer.release(1, MIB);
    expect(fill(buffer, MIB)).toBe(1);
  });

  test('do not count a message that did not fit, after its place was released', () => {
    const { budget, open } = buffers(10_000, 100_000);
    const buffer = open();
    buffer.reserve();
    expect(buffer.hold(9_000)).toBe(true);
    buffer.reserve();
    expect(buffer.hold(9_000)).toBe(false);
    buffer.release(1, 0);
    expect(buffer.room).toBe(0);
    buffer.release(1, 9_000);
    expect({ held: budget.held, room: buffer.room }).toEqual({ held: 0, room: 1 });
  });
});

test('the total of all connections is limited, and stalled ones leave room for those that hold nothing', () => {
  const { budget, open } = buffers(16 * MIB, 32 * MIB);
  const stalled = Array.from({ length: 10 }, open);
  fill(stalled[0]!, 4 * MIB);
  fill(stalled[1]!, 4 * MIB);
  expect(budget.held).toBeLessThanOrEqual(20 * MIB);
  expect(fill(open(), 4 * MIB)).toBe(1);
  for (const buffer of stalled) fill(buffer, 4 * MIB);
  expect(budget.held).toBeLessThanOrEqual(32 * MIB);
});
