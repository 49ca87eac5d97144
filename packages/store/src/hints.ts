import type { Changes, ListenerRow, TaskRow } from '@resonate/machine';
import type { Transport } from '@resonate/protocol';

/** Messages of one transport that became due. */
export interface DueTimes {
  /** When the first of them is due. */
  at: number;
  /** The same for each target; null: the targets are not known. */
  targets: ReadonlyMap<string, number> | null;
}

/** What became due, for the loops that wait for it. A hint may be lost, so the loops also poll the database. */
export interface DueHint {
  /** The earliest timer that was set or moved; null without one. */
  timerAt: number | null;
  /** Per transport, the messages that nobody has claimed yet. */
  deliveries: Map<Transport, DueTimes>;
}

/**
 * Tells the loops of this process what became due: by its own commits, and, as far as hints arrive, by the commits of
 * other processes.
 */
export class DueHints {
  readonly #onHint = new Set<(hint: DueHint) => void>();
  readonly #onCommit = new Set<(hint: DueHint) => void>();
  readonly #onChanges = new Set<(changes: Changes) => void>();
  readonly #onAnnounced = new Set<() => void>();

  /** Calls the listener with what became due, whichever process made it due. */
  onHint(listener: (hint: DueHint) => void): void {
    this.#onHint.add(listener);
  }

  /** Calls the listener with what a commit of this process made due. */
  onCommit(listener: (hint: DueHint) => void): void {
    this.#onCommit.add(listener);
  }

  /** Calls the listener with the rows that each commit of this process changes. @returns how to unsubscribe. */
  onChanges(listener: (changes: Changes) => void): () => void {
    this.#onChanges.add(listener);
    return () => void this.#onChanges.delete(listener);
  }

  /** Calls the listener when a hint of another process arrives. @returns how to unsubscribe. */
  onAnnounced(listener: () => void): () => void {
    this.#onAnnounced.add(listener);
    return () => void this.#onAnnounced.delete(listener);
  }

  /** Another process made this due. */
  announce(hint: DueHint): void {
    for (const listener of this.#onHint) listener(hint);
    for (const listener of this.#onAnnounced) listener();
  }

  /** A batch of this process was committed. */
  committed(changes: Changes): void {
    this.#madeDue(hintOf(changes));
    for (const listener of this.#onChanges) listener(changes);
  }

  /** This process made messages of these transports due at `at` (epoch ms) without a batch. */
  messagesDue(transports: readonly Transport[], at: number): void {
    const deliveries = new Map(transports.map((transport) => [transport, { at, targets: null }]));
    this.#madeDue({ timerAt: null, deliveries });
  }

  #madeDue(hint: DueHint): void {
    if (hint.timerAt === null && hint.deliveries.size === 0) return;
    for (const listener of this.#onHint) listener(hint);
    for (const listener of this.#onCommit) listener(hint);
  }
}

interface Due {
  at: number;
  targets: Map<string, number>;
}

function hintOf(changes: Changes): DueHint {
  const hint: { timerAt: number | null; deliveries: Map<Transport, Due> } = { timerAt: null, deliveries: new Map() };
  const timer = (at: number | null) => {
    if (at !== null && (hint.timerAt === null || at < hint.timerAt)) hint.timerAt = at;
  };
  const delivery = (row: TaskRow | ListenerRow) => {
    if (row.dueAt === null || row.claimedBy !== null) return;
    const { transport, target, dueAt } = row;
    const due = hint.deliveries.get(transport) ?? { at: Infinity, targets: new Map<string, number>() };
    due.targets.set(target, Math.min(dueAt, due.targets.get(target) ?? Infinity));
    due.at = Math.min(due.at, dueAt);
    hint.deliveries.set(transport, due);
  };
  for (const row of changes.promises.inserts) if (row.state === 'pending') timer(row.timeoutAt);
  for (const row of [...changes.tasks.inserts, ...changes.tasks.updates]) {
    if (row.state === 'acquired') timer(row.dueAt);
    if (row.state === 'pending') delivery(row);
  }
  for (const row of [...changes.listeners.inserts, ...changes.listeners.updates]) delivery(row);
  for (const row of [...changes.schedules.inserts, ...changes.schedules.updates]) timer(row.nextRunAt);
  return hint;
}
