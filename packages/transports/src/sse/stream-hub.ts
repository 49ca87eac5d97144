import { pollTarget } from '@resonate/protocol';
import { ByteBudget, type BufferLimits } from '../message-buffer.ts';
import { AcknowledgedStream, type AcknowledgedEnds } from '../websocket/acknowledged-stream.ts';
import type { Parcel, StreamOptions, WorkerStream } from '../worker-stream.ts';
import { Stream, type StreamEnds } from './stream.ts';

export interface StreamHubOptions {
  /** Streams open at once (transports.http_poll.max_connections). */
  maxStreams: number;
  /** Messages a stream may hold that its reader has not taken (transports.http_poll.buffer_size). */
  bufferSize: number;
  /** Bytes of these messages (transports.http_poll.buffer_bytes). */
  bufferBytes: number;
  /** Bytes of these messages of all streams together (transports.http_poll.total_buffer_bytes). */
  totalBufferBytes: number;
}

/** Room for one message; either `send` or `cancel` is called, once. */
export interface StreamSlot {
  /** The stream's. */
  readonly id: string;
  /** Says how large the message is, before `send`. False when it does not fit: only `cancel` is left then. */
  hold(bytes: number): boolean;
  send(parcel: Parcel): void;
  cancel(): void;
}

/** How many messages there is room for. */
export interface Room {
  target: string;
  limit: number;
}

/** The connections that workers hold on this process, by group and id: event streams and WebSockets. */
export class StreamHub {
  readonly #options: StreamHubOptions;
  readonly #limits: BufferLimits;
  readonly #groups = new Map<string, Map<string, WorkerStream>>();
  readonly #roomListeners = new Set<() => void>();
  #size = 0;

  constructor(options: StreamHubOptions) {
    this.#options = options;
    const { bufferSize: messages, bufferBytes: bytes, totalBufferBytes } = options;
    this.#limits = { messages, bytes, total: new ByteBudget(totalBufferBytes) };
  }

  get size(): number {
    return this.#size;
  }

  /** False when too many streams are open; a client that comes back on a new connection takes its own place again. */
  hasPlaceFor(group: string, id: string): boolean {
    return this.#size < this.#options.maxStreams || (this.#groups.get(group)?.has(id) ?? false);
  }

  /** Told whenever there may be room where there was none: a stream opened, or a reader caught up. */
  onRoom(listener: () => void): void {
    this.#roomListeners.add(listener);
  }

  /** Adds an event stream. One with the same group and id is ended first: its client has come back on a new connection. */
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
    const stream = create({ group, id, limits: this.#limits }, () => this.#announceRoom());
    const members = this.#groups.get(group) ?? new Map<string, WorkerStream>();
    this.#groups.set(group, members.set(id, stream));
    this.#size++;
    this.#announceRoom();
    return stream;
  }

  /** Removes a stream whose connection is gone. */
  close(stream: WorkerStream): void {
    if (!stream.close()) return;
    this.#size--;
    const members = this.#groups.get(stream.group);
    if (members?.get(stream.id) === stream) members.delete(stream.id);
    if (members?.size === 0) this.#groups.delete(stream.group);
  }

  /**
   * A slot in a stream that may take messages for `target`; null when there is none, or none with room.
   * @param avoids of a group, the stream with this id is taken only when no other one has room.
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
      send: (parcel) => stream.send(parcel, held),
      cancel: () => stream.cancel(held),
    };
  }

  /** True when the stream `id` of the group that `target` names is open here. */
  holds(target: string, id: string): boolean {
    return this.#groups.get(decodeURIComponent(target))?.has(id) ?? false;
  }

  /** Every target that streams of this process serve, with how many messages they have room for: groups first. */
  rooms(): Room[] {
    const groups: Room[] = [];
    const single: Room[] = [];
    for (const [group, members] of this.#groups) {
      let limit = 0;
      for (const stream of members.values()) {
        if (stream.room === 0) continue;
        limit += stream.room;
        single.push({ target: pollTarget(group, stream.id), limit: stream.room });
      }
      if (limit > 0) groups.push({ target: pollTarget(group), limit });
    }
    return [...groups, ...single];
  }

  /** The ids of all streams: what messages may prefer. */
  ids(): string[] {
    return [...this.#groups.values()].flatMap((members) => [...members.keys()]);
  }

  /** All streams, as a list that stays valid while they are closed. */
  streams(): WorkerStream[] {
    return [...this.#groups.values()].flatMap((members) => [...members.values()]);
  }

  /** How many streams each group has here. */
  groups(): { group: string; count: number }[] {
    return [...this.#groups].map(([group, members]) => ({ group, count: members.size }));
  }

  #find(target: string, prefers: string | null, avoids: string | null): WorkerStream | null {
    const [group = '', id] = target.split('/').map(decodeURIComponent);
    const members = this.#groups.get(group);
    if (!members) return null;
    if (id !== undefined) return withRoom(members.get(id));
    const preferred = prefers === null || prefers === avoids ? null : withRoom(members.get(prefers));
    const avoided = avoids === null ? null : withRoom(members.get(avoids));
    return preferred ?? nextInTurn(members, avoids) ?? avoided;
  }

  #announceRoom(): void {
    for (const listener of this.#roomListeners) listener();
  }
}

function withRoom(stream: WorkerStream | undefined): WorkerStream | null {
  return stream && stream.room > 0 ? stream : null;
}

/** The first stream with room but `avoids`, which then goes to the end of the line. */
function nextInTurn(members: Map<string, WorkerStream>, avoids: string | null): WorkerStream | null {
  for (const [id, stream] of members) {
    if (stream.room === 0 || id === avoids) continue;
    members.delete(id);
    members.set(id, stream);
    return stream;
  }
  return null;
}
