import { pollTarget } from '@resonate/protocol';
import { SharedBytes, type BufferLimits } from '../message-buffer.ts';
import { AcknowledgedStream, type AcknowledgedEnds } from '../websocket/acknowledged-stream.ts';
import type { OutgoingMessage, StreamOptions, WorkerStream } from '../worker-stream.ts';
import { Departures, type Departed } from './departures.ts';
import { Stream, type StreamEnds } from './stream.ts';

export interface StreamHubOptions {
  /** Maximum number of open streams (transports.http_poll.max_connections). */
  maxStreams: number;
  /** Maximum number of messages per stream that its reader has not received (transports.http_poll.buffer_size). */
  bufferSize: number;
  /** Maximum size of these messages per stream, bytes (transports.http_poll.buffer_bytes). */
  bufferBytes: number;
  /** Maximum size of these messages for all streams together, bytes (transports.http_poll.total_buffer_bytes). */
  totalBufferBytes: number;
}

/** Room for one message. The owner must call `send` or `cancel` once. */
export interface StreamSlot {
  /** The id of the stream. */
  readonly id: string;
  /**
   * Reserves the message's size, before `send`. If it returns false, the message does not fit and only `cancel` may be
   * called.
   */
  hold(bytes: number): boolean;
  send(message: OutgoingMessage): void;
  cancel(): void;
}

/** The connections of workers to this process, by group and id: event streams and WebSockets. */
export class StreamHub {
  readonly #options: StreamHubOptions;
  readonly #limits: BufferLimits;
  readonly #groups = new Map<string, Map<string, WorkerStream>>();
  readonly #roomListeners = new Set<(stream: WorkerStream) => void>();
  readonly #departures = new Departures();
  #size = 0;

  constructor(options: StreamHubOptions) {
    this.#options = options;
    const { bufferSize: messages, bufferBytes: bytes, totalBufferBytes } = options;
    this.#limits = { messages, bytes, total: new SharedBytes(totalBufferBytes) };
  }

  get size(): number {
    return this.#size;
  }

  /** False if too many streams are open. A client that reconnects replaces its old stream, so it always has a place. */
  hasPlaceFor(group: string, id: string): boolean {
    return this.#size < this.#options.maxStreams || (this.#groups.get(group)?.has(id) ?? false);
  }

  /** Calls `listener` with each stream that opens, and with each full stream whose reader catches up. */
  onRoom(listener: (stream: WorkerStream) => void): void {
    this.#roomListeners.add(listener);
  }

  /**
   * Adds an event stream. If there is one with the same group and id, its client has reconnected, so the older stream
   * is ended.
   */
  open(group: string, id: string, ends: StreamEnds): Stream {
    return this.#add(group, id, (options, roomAgain) => new Stream(options, ends, roomAgain));
  }

  /** The same for a connection whose messages are acknowledged. */
  openAcknowledged(group: string, id: string, ends: AcknowledgedEnds): AcknowledgedStream {
    return this.#add(group, id, (options, roomAgain) => new AcknowledgedStream(options, ends, roomAgain));
  }

  #add<Kind extends WorkerStream>(
    group: string,
    id: string,
    create: (options: StreamOptions, roomAgain: () => void) => Kind,
  ): Kind {
    const older = this.#groups.get(group)?.get(id);
    if (older) {
      older.end();
      this.close(older);
    }
    const stream: Kind = create({ group, id, limits: this.#limits }, () => this.#announceRoom(stream));
    const members = this.#groups.get(group) ?? new Map<string, WorkerStream>();
    this.#groups.set(group, members.set(id, stream));
    this.#size++;
    this.#departures.back(group, id);
    this.#announceRoom(stream);
    return stream;
  }

  /**
   * From now on no event stream accepts messages. Resolves within a second, when it is known whether the messages under
   * way arrived. It does nothing to WebSockets, which their endpoint drains.
   */
  async drain(): Promise<void> {
    await Promise.all(this.streams().map((stream) => stream.drain()));
  }

  /** Removes a stream whose connection is closed. */
  close(stream: WorkerStream): void {
    if (!stream.close()) return;
    this.#size--;
    const members = this.#groups.get(stream.group);
    if (members?.get(stream.id) === stream) {
      members.delete(stream.id);
      this.#departures.left(stream.group, stream.id);
    }
    if (members?.size === 0) this.#groups.delete(stream.group);
  }

  /**
   * A slot in a stream that may receive messages for `target`; null if no such stream has room.
   * @param avoids id of a stream that is used only if no other stream of the group has room.
   */
  reserve(target: string, prefers: string | null, avoids: string | null = null): StreamSlot | null {
    const stream = this.#find(target, prefers, avoids);
    if (!stream) return null;
    stream.reserve();
    let held = 0;
    return {
      id: stream.id,
      hold(bytes) {
        if (!stream.hold(bytes)) return false;
        held = bytes;
        return true;
      },
      send: (message) => stream.send(message, held),
      cancel: () => stream.cancel(held),
    };
  }

  /** Whether the stream `id` of the group in `target` is open here. */
  holds(target: string, id: string): boolean {
    return this.#groups.get(decodeURIComponent(target))?.has(id) ?? false;
  }

  /** True when a stream here may take messages for the target. */
  serves(target: string): boolean {
    return this.#streamsOf(target).next().done !== true;
  }

  /** How many messages for the target the streams have room for; counted up to `most`. */
  room(target: string, most: number): number {
    let room = 0;
    for (const stream of this.#streamsOf(target)) {
      room += stream.room;
      if (room >= most) return most;
    }
    return room;
  }

  /** The targets whose streams have room. Groups come first. */
  targets(): string[] {
    const groups: string[] = [];
    const single: string[] = [];
    for (const [group, members] of this.#groups) {
      const before = single.length;
      for (const { id, room } of members.values()) if (room > 0) single.push(pollTarget(group, id));
      if (single.length > before) groups.push(pollTarget(group));
    }
    return [...groups, ...single];
  }

  /** The ids of the streams that serve a target. Its messages may prefer one of them. */
  ids(target: string): string[] {
    return [...this.#streamsOf(target)].map(({ id }) => id);
  }

  /** All streams. The list is a copy, so the caller may close streams while it iterates. */
  streams(): WorkerStream[] {
    return [...this.#groups.values()].flatMap((members) => [...members.values()]);
  }

  /** The number of streams per group. */
  groups(): { group: string; count: number }[] {
    return [...this.#groups].map(([group, members]) => ({ group, count: members.size }));
  }

  /** Groups that workers left within the last hour. */
  departed(): Departed[] {
    return this.#departures.groups();
  }

  *#streamsOf(target: string): Generator<WorkerStream> {
    const [group = '', id] = target.split('/').map(decoded);
    const members = this.#groups.get(group);
    const single = id === undefined ? undefined : members?.get(id);
    if (id === undefined) yield* members?.values() ?? [];
    else if (single) yield single;
  }

  #find(target: string, prefers: string | null, avoids: string | null): WorkerStream | null {
    const [group = '', id] = target.split('/').map(decoded);
    const members = this.#groups.get(group);
    if (!members) return null;
    if (id !== undefined) return withRoom(members.get(id));
    const preferred = prefers === null || prefers === avoids ? null : withRoom(members.get(prefers));
    const avoided = avoids === null ? null : withRoom(members.get(avoids));
    return preferred ?? nextInTurn(members, avoids) ?? avoided;
  }

  #announceRoom(stream: WorkerStream): void {
    for (const listener of this.#roomListeners) listener(stream);
  }
}

function withRoom(stream: WorkerStream | undefined): WorkerStream | null {
  return stream && stream.room > 0 ? stream : null;
}

/** The first stream with room other than `avoids`. It moves to the end of the group's order (round robin). */
function nextInTurn(members: Map<string, WorkerStream>, avoids: string | null): WorkerStream | null {
  for (const [id, stream] of members) {
    if (stream.room === 0 || id === avoids) continue;
    members.delete(id);
    members.set(id, stream);
    return stream;
  }
  return null;
}

/** A part of a target. Hints may come from anybody, so it may not be encoded correctly; then no stream has this name. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
