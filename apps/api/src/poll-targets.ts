import { DueTargets } from '@resonate/delivery';
import { pollTarget } from '@resonate/protocol';
import type { StreamHub, WorkerStream } from '@resonate/transports';

/** The targets to claim messages for. */
export interface PollClaim {
  /** The maximum number of messages to claim for each target. */
  targets: { target: string; limit: number }[];
  /** Connections of this process. Messages that prefer one of them need not wait. */
  preferred: string[];
}

/**
 * Selects the targets to claim messages for: those of streams that opened and those that hints named. A claim for all
 * targets of the process would be too expensive: if each opened stream caused one, opening n streams would cost n²
 * lookups.
 */
export class PollTargets {
  readonly #hub: StreamHub;
  readonly #due = new DueTargets();
  /** Streams that opened, or that have room again, since `take` last used them. */
  readonly #opened = new Set<WorkerStream>();

  constructor(hub: StreamHub) {
    this.#hub = hub;
  }

  opened(stream: WorkerStream): void {
    this.#opened.add(stream);
  }

  /**
   * Notes that a message for the target is due at `at`, epoch ms. @returns false if no stream here serves the target.
   */
  note(target: string, at: number): boolean {
    const isServed = this.#hub.serves(target);
    if (isServed) this.#due.note(target, at);
    return isServed;
  }

  /** Whether a due time of the target is known. */
  knows(target: string): boolean {
    return this.#due.knows(target);
  }

  /**
   * The targets to claim messages for now. Hints that arrive after this call count for the next one.
   * @param most the maximum number of targets, of messages for each, and of messages for all. With many targets each gets
   * an equal share of the last one, but at least one message. A target that still has messages is noted again after the
   * claim, and the next claim has fewer targets then.
   */
  take(now: number, most: { targets: number; each: number; messages: number }): PollClaim {
    const limits = new Map<string, number>();
    const preferred: string[] = [];
    const add = (target: string) => {
      const limit = this.#hub.room(target, most.each);
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
    const share = Math.max(1, Math.floor(most.messages / limits.size));
    return { targets: [...limits].map(([target, limit]) => ({ target, limit: Math.min(limit, share) })), preferred };
  }

  /** Forgets streams that closed or are full. `take` does so too, but it is not called while nothing is delivered. */
  prune(): void {
    for (const stream of this.#opened) if (stream.room === 0) this.#opened.delete(stream);
  }

  /** When `take` has targets again, epoch ms; null if that is not known. */
  nextAt(now: number): number | null {
    return this.#opened.size > 0 || this.#due.due(now).size > 0 ? now : this.#due.nextAt;
  }
}
