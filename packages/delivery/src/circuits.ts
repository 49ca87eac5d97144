import { backoffMs, type BackoffOptions } from '@resonate/lifecycle';

/** Targets that failed last; what is forgotten starts anew. */
const MAX_REMEMBERED = 10_000;

interface Circuit {
  /** Failures since the last success. */
  failures: number;
  /** How often it opened, or stayed open after a probe, since the last success; 0: closed. */
  openings: number;
  openedAt: number;
  /** When one message may try again. */
  probeAt: number;
  /** When a message that was put off is to be brought back as the probe. */
  askAt: number;
  /** What was due when it opened has been put off. */
  isDeferred: boolean;
  isProbing: boolean;
}

export interface CircuitOptions extends BackoffOptions {
  /** Failures in a row that open a circuit. */
  failures: number;
}

/** What to do with messages that wait for a target. */
export type Advice =
  | 'deliver'
  /** One message may go. */
  | 'probe'
  /** Nothing may go before the probe's time. */
  | 'defer'
  /** The probe is under way. */
  | 'leave';

/**
 * A circuit per target, as this process has seen it: it opens after some failures in a row, lets one message through
 * after a wait that doubles each time, and closes when one arrives. Other processes have their own.
 */
export class Circuits {
  readonly #options: CircuitOptions;
  readonly #circuits = new Map<string, Circuit>();
  #open = 0;

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  /** Targets whose circuit is open. */
  get open(): number {
    return this.#open;
  }

  isOpen(target: string): boolean {
    return (this.#circuits.get(target)?.openings ?? 0) > 0;
  }

  /**
   * @param dueAt when the message of the target that was due first became due. Before the circuit opened, though all
   * that was due then was put off: another process has reached the target and brought it back.
   */
  advise(target: string, dueAt: number, now: number): Advice {
    const circuit = this.#circuits.get(target);
    if (!circuit || circuit.openings === 0) return 'deliver';
    if (circuit.isProbing) return 'leave';
    const isBroughtBack = circuit.isDeferred && dueAt < circuit.openedAt;
    return now >= circuit.probeAt || isBroughtBack ? 'probe' : 'defer';
  }

  /** What was due for the target has been put off. */
  deferred(target: string): void {
    const circuit = this.#circuits.get(target);
    if (circuit) circuit.isDeferred = true;
  }

  /**
   * Open circuits whose time has come: each needs a message to try. When another process takes that one, the circuit is
   * named again after another wait.
   */
  takeProbes(now: number): string[] {
    const targets: string[] = [];
    for (const [target, circuit] of this.#waiting()) {
      if (circuit.askAt > now) continue;
      circuit.askAt = now + this.#waitMs(circuit);
      targets.push(target);
    }
    return targets;
  }

  /** When `takeProbes` names the next one; null: no circuit is open. */
  get nextProbeAt(): number | null {
    const times = this.#waiting().map(([, { askAt }]) => askAt);
    return times.length > 0 ? times.reduce((one, other) => Math.min(one, other)) : null;
  }

  /** A message is under way to find out whether the target is back. */
  probing(target: string): void {
    const circuit = this.#circuits.get(target);
    if (circuit) circuit.isProbing = true;
  }

  /** @returns true when the circuit is open. */
  failed(target: string, isProbe: boolean, now: number): boolean {
    const circuit = this.#remember(target);
    circuit.failures++;
    const opens = circuit.openings === 0 && circuit.failures >= this.#options.failures;
    if (opens) this.#open++;
    if (opens || isProbe) {
      circuit.openings++;
      circuit.openedAt = now;
      circuit.isProbing = false;
      // What came due meanwhile has not been put off.
      circuit.isDeferred = false;
      circuit.probeAt = now + this.#waitMs(circuit);
      circuit.askAt = circuit.probeAt;
    }
    return circuit.openings > 0;
  }

  /** @returns true when the circuit was open. */
  succeeded(target: string): boolean {
    const circuit = this.#circuits.get(target);
    this.#circuits.delete(target);
    if (!circuit || circuit.openings === 0) return false;
    this.#open--;
    return true;
  }

  /** The probe was not tried after all. */
  notTried(target: string): void {
    const circuit = this.#circuits.get(target);
    if (circuit) circuit.isProbing = false;
  }

  #waiting(): [string, Circuit][] {
    if (this.#open === 0) return [];
    return [...this.#circuits].filter(([, { openings, isProbing }]) => openings > 0 && !isProbing);
  }

  #waitMs({ openings }: Circuit): number {
    return backoffMs(openings, this.#options);
  }

  #remember(target: string): Circuit {
    const known = this.#circuits.get(target);
    if (known) return known;
    const circuit: Circuit = {
      failures: 0,
      openings: 0,
      openedAt: 0,
      probeAt: 0,
      askAt: 0,
      isDeferred: false,
      isProbing: false,
    };
    this.#circuits.set(target, circuit);
    if (this.#circuits.size > MAX_REMEMBERED) {
      const [oldest] = this.#circuits.keys();
      if (oldest !== undefined) this.succeeded(oldest);
    }
    return circuit;
  }
}
