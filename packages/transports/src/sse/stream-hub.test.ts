import { describe, expect, test } from '@jest/globals';
import { StreamHub } from './stream-hub.ts';
import type { StreamEnds } from './stream.ts';

class Ends implements StreamEnds {
  readonly messages: string[] = [];
  readonly #unflushed: (() => void)[] = [];
  ended = false;

  write(text: string, flushed: () => void): void {
    this.messages.push(text.replace(/^data: |\n\n$/g, ''));
    this.#unflushed.push(flushed);
  }

  end(): void {
    this.ended = true;
  }

  flush(): void {
    this.#unflushed.splice(0).forEach((flushed) => flushed());
  }
}

function hubOf(options: Partial<{ maxStreams: number; bufferSize: number }> = {}) {
  const hub = new StreamHub({
    maxStreams: 10,
    bufferSize: 2,
    bufferBytes: 1_000_000,
    totalBufferBytes: 10_000_000,
    ...options,
  });
  const lost: string[] = [];
  const open = (group: string, id: string) => {
    const ends = new Ends();
    return { ends, stream: hub.open(group, id, ends) };
  };
  /** False if there is no room. */
  const send = (target: string, prefers: string | null, body: string): boolean => {
    const slot = hub.reserve(target, prefers);
    slot?.send({ body, done: (taken) => taken || lost.push(body) });
    return slot !== null;
  };
  return { hub, open, send, lost };
}

describe('a slot', () => {
  test('for any stream of a group rotates among its streams', () => {
    const { open, send } = hubOf();
    const [a, b] = [open('g', 'a'), open('g', 'b')];
    open('other', 'c');
    for (const body of ['1', '2', '3', '4']) expect(send('g', null, body)).toBe(true);
    expect([a.ends.messages, b.ends.messages]).toEqual([
      ['1', '3'],
      ['2', '4'],
    ]);
  });

  test('goes to the preferred stream if that has room, otherwise to another', () => {
    const { open, send } = hubOf();
    const [a, b] = [open('g', 'a'), open('g', 'b')];
    for (const body of ['1', '2', '3', '4']) send('g', 'b', body);
    expect([a.ends.messages, b.ends.messages]).toEqual([
      ['3', '4'],
      ['1', '2'],
    ]);
    expect(send('g', 'b', '5')).toBe(false);
  });

  test('of one stream is that stream or none', () => {
    const { open, send } = hubOf();
    const [a, b] = [open('g', 'a'), open('g', 'b')];
    for (const body of ['1', '2', '3']) send('g/b', null, body);
    expect([a.ends.messages, b.ends.messages]).toEqual([[], ['1', '2']]);
    expect(send('g/absent', null, 'x')).toBe(false);
    expect(send('absent', null, 'x')).toBe(false);
  });

  test('finds groups and ids with any characters', () => {
    const { hub, open, send } = hubOf();
    const odd = open('a/b', 'c%2F ü');
    expect(send('a%2Fb/c%252F%20%C3%BC', null, '1')).toBe(true);
    expect(send('a%2Fb', 'c%2F ü', '2')).toBe(true);
    expect(odd.ends.messages).toEqual(['1', '2']);
    for (const other of ['a/b', '%', 'a%2Fb/%']) expect(send(other, null, '3')).toBe(false);
    odd.ends.flush();
    expect(hub.targets()).toEqual(['a%2Fb', 'a%2Fb/c%252F%20%C3%BC']);
    expect([hub.holds('a%2Fb', 'c%2F ü'), hub.holds('a%2Fb', 'other'), hub.holds('b', 'c%2F ü')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('that is reserved keeps its room until it is sent and flushed, or cancelled', () => {
    const { hub, open } = hubOf({ bufferSize: 1 });
    const a = open('g', 'a');
    const first = hub.reserve('g', null);
    expect(hub.reserve('g', null)).toBeNull();
    first?.cancel();
    const second = hub.reserve('g', null);
    second?.send({ body: 'm', done: () => {} });
    expect(hub.reserve('g', null)).toBeNull();
    a.ends.flush();
    expect(hub.reserve('g', null)).not.toBeNull();
  });
});

describe('room', () => {
  test('is the capacity of a stream or a group; full targets are not listed, and groups come first', () => {
    const { hub, open, send } = hubOf();
    const a = open('g', 'a');
    open('g', 'b');
    open('h', 'c');
    send('g/a', null, '1');
    send('g/a', null, '2');
    expect(hub.targets()).toEqual(['g', 'h', 'g/b', 'h/c']);
    expect(['g', 'g/a', 'g/b', 'h/absent', 'absent'].map((target) => hub.room(target, 10))).toEqual([2, 0, 2, 0, 0]);
    a.ends.flush();
    expect([hub.room('g', 10), hub.room('g', 3)]).toEqual([4, 3]);
  });

  test('is announced when a stream opens and when a full stream has room again', () => {
    const { hub, open, send } = hubOf({ bufferSize: 1 });
    const announced: string[] = [];
    hub.onRoom(({ id }) => announced.push(id));
    const a = open('g', 'a');
    expect(announced).toEqual(['a']);
    send('g', null, '1');
    expect(announced).toEqual(['a']);
    a.ends.flush();
    expect(announced).toEqual(['a', 'a']);
    open('g', 'b');
    expect(announced).toEqual(['a', 'a', 'b']);
  });

  test('exists for a group and for each of its streams: both are served, and the ids may be preferred', () => {
    const { hub, open } = hubOf();
    for (const id of ['a', 'b']) open('g', id);
    open('h', 'c');
    expect(['g', 'g/a', 'g/c', 'absent'].map((target) => hub.serves(target))).toEqual([true, true, false, false]);
    expect(['g', 'g/a', 'g/c', 'absent'].map((target) => hub.ids(target))).toEqual([['a', 'b'], ['a'], [], []]);
  });
});

describe('a stream', () => {
  test('that reconnects ends the older stream; messages just written to the older one count as lost, and each is reported once', () => {
    const { hub, open, send, lost } = hubOf();
    const old = open('g', 'a');
    send('g/a', null, '1');
    const again = open('g', 'a');
    expect([old.ends.ended, lost, hub.size]).toEqual([true, ['1'], 1]);
    // The end of the old connection is noticed later.
    hub.close(old.stream);
    expect(hub.size).toBe(1);
    expect(send('g/a', null, '2')).toBe(true);
    expect(again.ends.messages).toEqual(['2']);
    hub.close(again.stream);
    expect([hub.size, hub.targets(), hub.ids('g')]).toEqual([0, [], []]);
    expect(lost).toEqual(['1', '2']);
  });

  test('has no place beyond the limit, except to replace itself', () => {
    const { hub, open } = hubOf({ maxStreams: 2 });
    open('g', 'a');
    expect(hub.hasPlaceFor('g', 'b')).toBe(true);
    const b = open('g', 'b');
    expect(hub.hasPlaceFor('g', 'c')).toBe(false);
    expect(hub.hasPlaceFor('h', 'a')).toBe(false);
    expect(hub.hasPlaceFor('g', 'a')).toBe(true);
    hub.close(b.stream);
    expect(hub.hasPlaceFor('g', 'c')).toBe(true);
  });
});
