import { DueTargets } from '@resonate/delivery';
import { pollTarget } from '@resonate/protocol';
import type { StreamHub, WorkerStream } from '@resonate/transports';

/** The targets to claim messages for. */
export interface PollLook {
  /** The most messages to claim, for each target. */
  targets: { target: string; limit: number }[];
  /** Connections of this process: messages that prefer them need not wait. */
  preferred: string[];
}

/**
 * Which of this process's targets to claim messages for. A stream that opens and a hint name theirs, so a claim asks for
 * these alone. When each stream that opened caused a claim for all targets, opening 1,000 streams cost a number of lookups
 * that grew with the square of 1,000.
 */
export class PollTargets {
  readonly #hub: StreamHub;
  readonly #due = new DueTargets();
  /** Streams that opened, or have room again, since the last look at them. */
  readonly #opened = new Set<WorkerStream>();

  constructor(hub: StreamHub) {
    this.#hub = hub;
  }

  opened(stream: WorkerStream): void {
    this.#opened.add(stream);
  }

  /** A message for the target is due at `at`, epoch ms. @returns false when no stream here serves the target. */
  note(target: string, at: number): boolean {
    const isServed = this.#hub.serves(target);
    if (isServed) this.#due.note(target, at);
    return isServed;
  }

  /** False: no hint named messages for the target. */
  knows(target: string): boolean {
    return this.#due.knows(target);
  }

  /**
   * The targets to claim for now. Hints about them that come from now on count for the next call.
   * @param most targets of this look, and messages of each target.
   */
  take(now: number, most: { targets: number; messages: number }): PollLook {
    const limits = new Map<string, number>();
    const preferred: string[] = [];
    const add = (target: string) => {
      const limit = this.#hub.room(target, most.messages);
      // A full stream is announced again when it has room.
      if (limit > 0) limits.set(target, limit);
    };
    for (const stream of this.#opened) {
      if (limits.size + 2 > most.targets) break;
      this.#opened.delete(stream);
      if (stream.room === 0) continue;
      preferred.push(stream.id);
      add(pollTarget(stream.group));
      add(pollTarget(stream.group, stream.id));
    }
    for (const target of this.#due.due(now).keys()) {
      if (limits.size >= most.targets) break;
      this.#due.forget(target);
      add(target);
      for (const id of this.#hub.ids(target)) preferred.push(id);
    }
    return { targets: [...limits].map(([target, limit]) => ({ target, limit })), preferred };
  }

  /** Forgets streams that closed. `take` does so too, but it is not called while nothing is delivered. */
  prune(): void {
    for (const stream of this.#opened) if (stream.room === 0) this.#opened.delete(stream);
  }

  /** When the next look is due, epoch ms; null: nothing is known. */
  nextAt(now: number): number | null {
    return this.#opened.size > 0 || this.#due.due(now).size > 0 ? now : this.#due.nextAt;
  }
}
